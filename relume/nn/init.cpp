#include "relume/nn/init.h"

#include <cmath>
#include <numbers>

#include "relume/autograd/grad_mode.h"
#include "relume/base/require.h"

namespace relume::nn::init {
namespace {

template <class F>
void fill(const Tensor& weight, F&& next) {
  NoGradGuard guard;
  require(weight.is_contiguous(), "init: the weight {} is a strided view; initialise its base",
          to_string(weight.shape()));
  visit_float(
      weight.dtype(),
      [&]<class T>() {
        for (T& value : weight.span<T>()) value = static_cast<T>(next());
      },
      [&] { fail<DTypeError>("init: a weight of {}; only float32 and float64 are trained", name(weight.dtype())); });
}

}  // namespace

void uniform_(const Tensor& weight, double low, double high, Rng& rng) {
  fill(weight, [&] { return low + (high - low) * rng.uniform(); });
}

void normal_(const Tensor& weight, double mean, double deviation, Rng& rng) {
  fill(weight, [&] { return mean + deviation * rng.normal(); });
}

double gain(const Activation& activation) {
  const activation::Entry& entry = activation.entry();
  if (!entry.scalar_value) return 1;
  // E[f(z)²] by the trapezoidal rule over ±8 deviations: beyond them the normal density is under 1e-14.
  constexpr int steps = 4096;
  constexpr double reach = 8, width = 2 * reach / steps;
  double mean_square = 0;
  for (int i = 0; i <= steps; ++i) {
    const double z = -reach + i * width;
    const double y = entry.scalar(z, activation.parameters());
    mean_square += y * y * std::exp(-z * z / 2) * (i == 0 || i == steps ? width / 2 : width);
  }
  mean_square /= std::sqrt(2 * std::numbers::pi);
  return mean_square > 0 && std::isfinite(mean_square) ? 1 / std::sqrt(mean_square) : 1;
}

Scheme scheme_for(const Activation& activation) {
  const activation::Range range = activation.entry().info.output;
  if (activation.name() == "selu" || activation.name() == "identity") return Scheme::lecun;
  const bool bounded = std::isfinite(range.min) && std::isfinite(range.max);
  return bounded && activation.name() != "relu6" ? Scheme::xavier : Scheme::he;
}

void apply(Scheme scheme, const Tensor& weight, double gain_of_activation, Rng& rng) {
  require<ShapeError>(weight.dimensions() == 2, "init: the weight {} is not a matrix", weight.shape());
  const auto out = static_cast<double>(weight.size(0)), in = static_cast<double>(weight.size(1));
  switch (scheme) {
    case Scheme::he: return normal_(weight, 0, gain_of_activation / std::sqrt((in + out) / 2), rng);
    case Scheme::xavier: return normal_(weight, 0, std::sqrt(2 / (in + out)), rng);
    case Scheme::lecun: return normal_(weight, 0, 1 / std::sqrt(in), rng);
  }
}

}  // namespace relume::nn::init
