#include "relume/optim/sgd.h"

#include <algorithm>

#include "relume/base/require.h"
#include "relume/kernels/optimizer.h"

namespace relume::optim {

namespace {

std::vector<std::string> buffers_for(const std::vector<ParameterGroup<SgdOptions>>& groups) {
  const auto has_momentum = [](const auto& group) { return group.options.momentum != 0; };
  if (std::any_of(groups.begin(), groups.end(), has_momentum)) return {"velocity"};
  return {};
}

}  // namespace

SGD::SGD(const std::vector<ParameterGroup<SgdOptions>>& groups) : OptimizerWith("SGD", groups, buffers_for(groups)) {
  for (const auto& group : groups) {
    const SgdOptions& o = group.options;
    require(o.momentum >= 0 && o.weight_decay >= 0, "SGD: momentum {} and weight_decay {} must not be negative",
            o.momentum, o.weight_decay);
    require(!o.nesterov || (o.momentum > 0 && o.dampening == 0), "SGD: nesterov needs a momentum and no dampening");
  }
}

void SGD::update(const Update& u) {
  const SgdOptions& o = options(u);
  const kernels::SgdStep step{u.lr, o.momentum, o.dampening, o.weight_decay, o.nesterov, u.step == 1};
  visit_float(
      u.parameter.dtype(),
      [&]<class T>() {
        u.for_parts<T>([&](const T* gradient, std::int64_t i, std::int64_t n) {
          kernels::sgd<T>(step, u.grad_scale, gradient, u.parameter.data<T>() + i,
                          u.buffers.empty() ? nullptr : u.buffers[0].data<T>() + i, n);
        });
      },
      [] {});
}

}  // namespace relume::optim
