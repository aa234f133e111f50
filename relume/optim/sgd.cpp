// Compiled for speed.
#include "relume/optim/sgd.h"

#include "relume/base/require.h"
#include "relume/kernels/optimizer.h"

namespace relume::optim {

namespace {

std::size_t checked(const char* name, const SgdOptions& o) {
  require(o.momentum >= 0 && o.weight_decay >= 0, "{}: momentum {} and weight_decay {} must not be negative", name,
          o.momentum, o.weight_decay);
  require(!o.nesterov || (o.momentum > 0 && o.dampening == 0), "{}: nesterov needs a momentum and no dampening", name);
  return o.momentum != 0 ? 1 : 0;
}

}  // namespace

SGD::SGD(const std::vector<ParameterGroup<SgdOptions>>& groups) : OptimizerWith(info, groups, &checked) {}

void SGD::update(const Update& u) {
  const SgdOptions& o = options(u);
  const kernels::SgdStep step{u.lr, o.momentum, o.dampening, o.weight_decay, o.nesterov, u.step == 1};
  const double scale = o.maximize ? -u.grad_scale : u.grad_scale;
  visit_float(
      u.parameter.dtype(),
      [&]<class T>() {
        u.for_parts<T>([&](const T* gradient, std::int64_t i, std::int64_t n) {
          kernels::sgd<T>(step, scale, gradient, u.parameter.data<T>() + i,
                          u.buffers.empty() ? nullptr : u.buffers[0].data<T>() + i, n);
        });
      },
      [] {});
}

}  // namespace relume::optim
