#include "relume/optim/adagrad.h"

#include "relume/base/require.h"
#include "relume/kernels/optimizer.h"

namespace relume::optim {

namespace {

std::size_t checked(const char* name, const AdagradOptions& o) {
  require(o.lr_decay >= 0 && o.weight_decay >= 0 && o.initial_accumulator >= 0 && o.epsilon >= 0,
          "{}: lr_decay {}, weight_decay {}, initial_accumulator {} and epsilon {} must not be negative", name,
          o.lr_decay, o.weight_decay, o.initial_accumulator, o.epsilon);
  return 1;
}

}  // namespace

Adagrad::Adagrad(const std::vector<ParameterGroup<AdagradOptions>>& groups) : OptimizerWith(info, groups, &checked) {}

void Adagrad::update(const Update& u) {
  const AdagradOptions& o = options(u);
  if (u.step == 1) u.buffers[0].fill_(o.initial_accumulator);
  const kernels::AdagradStep step{u.lr / (1 + static_cast<double>(u.step - 1) * o.lr_decay), o.epsilon, o.weight_decay};
  visit_float(
      u.parameter.dtype(),
      [&]<class T>() {
        u.for_parts<T>([&](const T* gradient, std::int64_t i, std::int64_t n) {
          kernels::adagrad<T>(step, o.maximize ? -u.grad_scale : u.grad_scale, gradient, u.parameter.data<T>() + i,
                              u.buffers[0].data<T>() + i, n);
        });
      },
      [] {});
}

}  // namespace relume::optim
