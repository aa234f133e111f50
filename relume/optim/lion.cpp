#include "relume/optim/lion.h"

#include "relume/base/require.h"

namespace relume::optim {
namespace {

std::size_t checked(const char* name, const LionOptions& o) {
  const auto in_unit = [](double beta) { return beta >= 0 && beta < 1; };
  require(in_unit(o.beta1) && in_unit(o.beta2), "{}: beta1 {} and beta2 {} must lie in [0, 1)", name, o.beta1, o.beta2);
  require(o.weight_decay >= 0, "{}: a weight_decay of {} is negative", name, o.weight_decay);
  return 1;
}

}  // namespace

Lion::Lion(const std::vector<ParameterGroup<LionOptions>>& groups) : OptimizerWith(info, groups, &checked) {}

void Lion::update(const Update& u) {
  const LionOptions& o = options(u);
  const double keep = 1 - u.lr * o.weight_decay;
  u.for_weights<1>(o.maximize ? -u.grad_scale : u.grad_scale, [=, &o, lr = u.lr]<class T>(T g, T& w, T& mean) {
    const T direction = mean + static_cast<T>(1 - o.beta1) * (g - mean);
    const T sign = static_cast<T>(direction > 0) - static_cast<T>(direction < 0);
    w = static_cast<T>(keep) * w - static_cast<T>(lr) * sign;
    mean += static_cast<T>(1 - o.beta2) * (g - mean);
  });
}

}  // namespace relume::optim
