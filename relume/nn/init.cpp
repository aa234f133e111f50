#include "relume/nn/init.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

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

namespace {

struct Fans {
  double in, out;
};

Fans fans_of(const Tensor& weight) {
  require<ShapeError>(weight.dimensions() == 2, "init: the weight {} is not a matrix", weight.shape());
  return {static_cast<double>(weight.size(1)), static_cast<double>(weight.size(0))};
}

/// Takes off `row` what lies along the `done` orthonormal rows before it, and brings it to length 1.
void orthonormalize(std::vector<double>& rows, std::size_t done, std::size_t width) {
  double* row = rows.data() + done * width;
  // Twice: the first pass leaves rounding errors of the size of what it took off.
  for (int pass = 0; pass < 2; ++pass)
    for (std::size_t k = 0; k < done; ++k) {
      const double* other = rows.data() + k * width;
      const double along = std::inner_product(row, row + width, other, 0.0);
      for (std::size_t j = 0; j < width; ++j) row[j] -= along * other[j];
    }
  const double length = std::sqrt(std::inner_product(row, row + width, row, 0.0));
  for (std::size_t j = 0; j < width; ++j) row[j] /= length;
}

}  // namespace

void kaiming_normal_(const Tensor& weight, double gain, Rng& rng) {
  normal_(weight, 0, gain / std::sqrt(fans_of(weight).in), rng);
}

void kaiming_uniform_(const Tensor& weight, double gain, Rng& rng) {
  const double bound = gain * std::sqrt(3 / fans_of(weight).in);
  uniform_(weight, -bound, bound, rng);
}

void xavier_normal_(const Tensor& weight, double gain, Rng& rng) {
  const auto [in, out] = fans_of(weight);
  normal_(weight, 0, gain * std::sqrt(2 / (in + out)), rng);
}

void xavier_uniform_(const Tensor& weight, double gain, Rng& rng) {
  const auto [in, out] = fans_of(weight);
  const double bound = gain * std::sqrt(6 / (in + out));
  uniform_(weight, -bound, bound, rng);
}

void lecun_normal_(const Tensor& weight, Rng& rng) { normal_(weight, 0, std::sqrt(1 / fans_of(weight).in), rng); }

void orthogonal_(const Tensor& weight, double gain, Rng& rng) {
  fans_of(weight);
  const bool wide = weight.size(0) <= weight.size(1);
  const auto count = static_cast<std::size_t>(wide ? weight.size(0) : weight.size(1));
  const auto width = static_cast<std::size_t>(wide ? weight.size(1) : weight.size(0));
  std::vector<double> rows(count * width);
  for (double& value : rows) value = rng.normal();
  for (std::size_t i = 0; i < count; ++i) orthonormalize(rows, i, width);
  std::size_t place = 0;
  const auto columns = static_cast<std::size_t>(weight.size(1));
  fill(weight, [&] {
    const std::size_t i = place / columns, j = place % columns;
    ++place;
    return gain * (wide ? rows[i * width + j] : rows[j * width + i]);
  });
}

void apply(Scheme scheme, const Tensor& weight, double gain_of_activation, Rng& rng) {
  const auto [in, out] = fans_of(weight);
  switch (scheme) {
    case Scheme::he: return normal_(weight, 0, gain_of_activation / std::sqrt((in + out) / 2), rng);
    case Scheme::xavier: return xavier_normal_(weight, 1, rng);
    case Scheme::lecun: return lecun_normal_(weight, rng);
  }
}

}  // namespace relume::nn::init
