#include "relume/optim/rmsprop.h"

#include <algorithm>

#include "relume/base/require.h"
#include "relume/kernels/optimizer.h"

namespace relume::optim {

namespace {

std::vector<std::string> buffers_for(const std::vector<ParameterGroup<RmspropOptions>>& groups) {
  const auto has_momentum = [](const auto& group) { return group.options.momentum != 0; };
  if (std::any_of(groups.begin(), groups.end(), has_momentum)) return {"square", "velocity"};
  return {"square"};
}

}  // namespace

RMSprop::RMSprop(const std::vector<ParameterGroup<RmspropOptions>>& groups)
    : OptimizerWith("RMSprop", groups, buffers_for(groups)) {
  for (const auto& group : groups) {
    const RmspropOptions& o = group.options;
    require(o.alpha >= 0 && o.alpha < 1, "RMSprop: alpha {} is not in [0, 1)", o.alpha);
    require(o.momentum >= 0 && o.weight_decay >= 0, "RMSprop: momentum {} and weight_decay {} must not be negative",
            o.momentum, o.weight_decay);
  }
}

void RMSprop::update(const Update& u) {
  const RmspropOptions& o = options(u);
  const kernels::RmspropStep step{u.lr, o.alpha, o.epsilon, o.weight_decay, o.momentum};
  visit_float(
      u.parameter.dtype(),
      [&]<class T>() {
        u.for_parts<T>([&](const T* gradient, std::int64_t i, std::int64_t n) {
          kernels::rmsprop<T>(step, u.grad_scale, gradient, u.parameter.data<T>() + i, u.buffers[0].data<T>() + i,
                              o.momentum != 0 ? u.buffers[1].data<T>() + i : nullptr, n);
        });
      },
      [] {});
}

}  // namespace relume::optim
