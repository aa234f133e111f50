// Compiled for size.
#include "relume/autograd/gradcheck.h"

#include <cmath>

#include "relume/autograd/grad_mode.h"
#include "relume/base/require.h"
#include "relume/base/rng.h"

namespace relume {
namespace {

double weighted_sum(const Tensor& y, const std::vector<double>& weights) {
  const std::vector<double> values = y.to_vector<double>();
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) sum += values[i] * weights[i];
  return sum;
}

}  // namespace

std::string gradcheck(const std::function<Tensor(const std::vector<Tensor>&)>& f, const std::vector<Tensor>& inputs,
                      const GradcheckOptions& options) {
  for (const Tensor& input : inputs) {
    if (!input.requires_grad()) continue;
    require<DTypeError>(input.dtype() == DType::float64, "gradcheck: an input is {}; differences need float64",
                        name(input.dtype()));
    require(input.is_contiguous(), "gradcheck: an input is not contiguous");
    input.set_grad(Tensor());
  }
  const Tensor y = f(inputs);
  Rng rng(20);
  std::vector<double> weights(static_cast<std::size_t>(y.elements()));
  for (double& weight : weights) weight = rng.uniform() + 0.5;
  y.backward(from_vector(weights, y.shape()).to(y.dtype()));

  std::string worst;
  double worst_excess = 0;
  NoGradGuard guard;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    if (!inputs[k].requires_grad()) continue;
    const Tensor grad = inputs[k].grad();
    const std::vector<double> analytic =
        grad.defined() ? grad.to_vector<double>() : std::vector<double>(static_cast<std::size_t>(inputs[k].elements()));
    auto* values = inputs[k].data<double>();
    for (std::size_t i = 0; i < analytic.size(); ++i) {
      const double at = values[i];
      values[i] = at + options.step;
      const double above = weighted_sum(f(inputs), weights);
      values[i] = at - options.step;
      const double below = weighted_sum(f(inputs), weights);
      values[i] = at;
      const double numeric = (above - below) / (2 * options.step);
      const double excess = std::fabs(numeric - analytic[i]) -
                            (options.absolute_tolerance + options.relative_tolerance * std::fabs(numeric));
      if (!(excess <= worst_excess)) {  // NaN counts as a mismatch
        worst_excess = excess;
        worst = fmt::format("gradcheck: input {} element {}: backward gives {}, differences give {}", k, i, analytic[i],
                            numeric);
      }
    }
  }
  return worst;
}

}  // namespace relume
