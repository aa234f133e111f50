#include "relume/optim/clip.h"

#include <cmath>

#include "relume/autograd/grad_mode.h"
#include "relume/base/require.h"
#include "relume/kernels/optimizer.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/pointwise.h"

namespace relume::nn {

double grad_norm(const std::vector<Tensor>& parameters) {
  double total = 0;
  for (const Tensor& parameter : parameters) {
    Tensor gradient = parameter.grad();
    if (!gradient.defined()) continue;
    gradient = gradient.contiguous();
    visit_float(
        gradient.dtype(), [&]<class T>() { total += kernels::sum_of_squares(gradient.data<T>(), gradient.elements()); },
        [] {});
  }
  return std::sqrt(total);
}

double clip_grad_norm(const std::vector<Tensor>& parameters, double max_norm) {
  require(max_norm > 0, "clip_grad_norm: a largest norm of {} is not positive", max_norm);
  NoGradGuard guard;
  const double norm = grad_norm(parameters);
  if (norm > max_norm)
    for (const Tensor& parameter : parameters)
      if (Tensor gradient = parameter.grad(); gradient.defined()) gradient.copy_(gradient * (max_norm / (norm + 1e-6)));
  return norm;
}

void clip_grad_value(const std::vector<Tensor>& parameters, double value) {
  require(value > 0, "clip_grad_value: a bound of {} is not positive", value);
  NoGradGuard guard;
  for (const Tensor& parameter : parameters)
    if (Tensor gradient = parameter.grad(); gradient.defined()) gradient.copy_(clamp(gradient, -value, value));
}

}  // namespace relume::nn
