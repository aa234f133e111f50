#include "relume/optim/rmsprop.h"

#include "relume/base/require.h"
#include "relume/kernels/optimizer.h"

namespace relume::optim {

namespace {

std::vector<std::string> checked(const char* name, const RmspropOptions& o) {
  require(o.alpha >= 0 && o.alpha < 1, "{}: alpha {} is not in [0, 1)", name, o.alpha);
  require(o.momentum >= 0 && o.weight_decay >= 0, "{}: momentum {} and weight_decay {} must not be negative", name,
          o.momentum, o.weight_decay);
  if (o.momentum != 0) return {"square", "velocity"};
  return {"square"};
}

}  // namespace

RMSprop::RMSprop(const std::vector<ParameterGroup<RmspropOptions>>& groups)
    : OptimizerWith("RMSprop", groups, &checked) {}

void RMSprop::update(const Update& u) {
  const RmspropOptions& o = options(u);
  const kernels::RmspropStep step{u.lr, o.alpha, o.epsilon, o.weight_decay, o.momentum};
  visit_float(
      u.parameter.dtype(),
      [&]<class T>() {
        u.for_parts<T>([&](const T* gradient, std::int64_t i, std::int64_t n) {
          kernels::rmsprop<T>(step, o.maximize ? -u.grad_scale : u.grad_scale, gradient, u.parameter.data<T>() + i,
                              u.buffers[0].data<T>() + i, o.momentum != 0 ? u.buffers[1].data<T>() + i : nullptr, n);
        });
      },
      [] {});
}

}  // namespace relume::optim
