#include "relume/optim/rmsprop.h"

#include <cmath>

#include "relume/base/require.h"
#include "relume/kernels/optimizer.h"

namespace relume::optim {

namespace {

std::size_t checked(const char* name, const RmspropOptions& o) {
  require(o.alpha >= 0 && o.alpha < 1, "{}: alpha {} is not in [0, 1)", name, o.alpha);
  require(o.momentum >= 0 && o.weight_decay >= 0, "{}: momentum {} and weight_decay {} must not be negative", name,
          o.momentum, o.weight_decay);
  return o.centered ? 3 : o.momentum != 0 ? 2 : 1;
}

/// kernels::rmsprop with the mean of the gradients taken off.
template <class T>
void centered(const RmspropOptions& o, double lr, double grad_scale, const T* gradient, T* weight, T* square,
              T* velocity, T* average, std::int64_t n) {
  const T scale = static_cast<T>(o.maximize ? -grad_scale : grad_scale), l2 = static_cast<T>(o.weight_decay);
  const T alpha = static_cast<T>(o.alpha), rest = static_cast<T>(1 - o.alpha), epsilon = static_cast<T>(o.epsilon);
  const T momentum = static_cast<T>(o.momentum), rate = static_cast<T>(lr);
  for (std::int64_t i = 0; i < n; ++i) {
    const T g = scale * gradient[i] + l2 * weight[i];
    square[i] = alpha * square[i] + rest * g * g;
    average[i] += rest * (g - average[i]);
    velocity[i] = momentum * velocity[i] + g / (std::sqrt(square[i] - average[i] * average[i]) + epsilon);
    weight[i] -= rate * velocity[i];
  }
}

}  // namespace

RMSprop::RMSprop(const std::vector<ParameterGroup<RmspropOptions>>& groups) : OptimizerWith(info, groups, &checked) {}

void RMSprop::update(const Update& u) {
  const RmspropOptions& o = options(u);
  const kernels::RmspropStep step{u.lr, o.alpha, o.epsilon, o.weight_decay, o.momentum};
  visit_float(
      u.parameter.dtype(),
      [&]<class T>() {
        u.for_parts<T>([&](const T* gradient, std::int64_t i, std::int64_t n) {
          if (o.centered)
            return centered<T>(o, u.lr, u.grad_scale, gradient, u.parameter.data<T>() + i, u.buffers[0].data<T>() + i,
                               u.buffers[1].data<T>() + i, u.buffers[2].data<T>() + i, n);
          kernels::rmsprop<T>(step, o.maximize ? -u.grad_scale : u.grad_scale, gradient, u.parameter.data<T>() + i,
                              u.buffers[0].data<T>() + i, o.momentum != 0 ? u.buffers[1].data<T>() + i : nullptr, n);
        });
      },
      [] {});
}

}  // namespace relume::optim
