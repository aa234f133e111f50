#include "relume/optim/clip.h"

#include <algorithm>
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

std::int64_t clip_grad_adaptive(const std::vector<Tensor>& parameters, double share, double smallest) {
  require(share > 0 && smallest > 0, "clip_grad_adaptive: a share of {} and a smallest norm of {} must be positive",
          share, smallest);
  NoGradGuard guard;
  std::int64_t clipped = 0;
  for (const Tensor& parameter : parameters) {
    if (!parameter.grad().defined()) continue;
    const Tensor gradient = parameter.grad().contiguous(), weight = parameter.contiguous();
    const std::int64_t units = weight.dimensions() > 1 ? weight.size(0) : 1;
    const std::int64_t size = units > 0 ? weight.elements() / units : 0;
    const auto clip = [&]<class T>() {
      for (std::int64_t unit = 0; unit < units; ++unit) {
        const std::span<T> g =
            gradient.span<T>().subspan(static_cast<std::size_t>(unit * size), static_cast<std::size_t>(size));
        const double own = std::sqrt(kernels::sum_of_squares(weight.data<T>() + unit * size, size));
        const double norm = std::sqrt(kernels::sum_of_squares(g.data(), size));
        const double most = share * std::max(own, smallest);
        if (!(norm > most)) continue;
        ++clipped;
        for (T& value : g) value *= static_cast<T>(most / norm);
      }
    };
    visit_float(gradient.dtype(), clip, [] {});
    if (!parameter.grad().same_as(gradient)) parameter.grad().copy_(gradient);
  }
  return clipped;
}

}  // namespace relume::nn
