#include "relume/optim/adam.h"

#include <cmath>

#include "relume/base/require.h"

namespace relume::optim {

Adam::Adam(const char* name, const Groups& groups, bool decoupled)
    : OptimizerWith(name, groups, {"mean", "square"}), decoupled_(decoupled) {
  const auto in_unit = [](double beta) { return beta >= 0 && beta < 1; };
  for (const auto& group : groups) {
    const AdamOptions& o = group.options;
    require(in_unit(o.beta1) && in_unit(o.beta2), "{}: beta1 {} and beta2 {} must lie in [0, 1)", name, o.beta1,
            o.beta2);
    require(o.weight_decay >= 0 && o.epsilon >= 0, "{}: weight_decay {} and epsilon {} must not be negative", name,
            o.weight_decay, o.epsilon);
  }
}

double Adam::Power::operator()(double base, std::int64_t exponent) {
  constexpr std::int64_t run = 64;  // multiplications, and so roundings, from one std::pow on
  if (base == base_ && exponent == exponent_) return value_;
  const bool follows = base == base_ && exponent == exponent_ + 1 && exponent % run != 0;
  if (!follows) value_ = std::pow(base, static_cast<double>(exponent - exponent % run));
  for (std::int64_t i = follows ? 1 : exponent % run; i > 0; --i) value_ *= base;
  base_ = base;
  exponent_ = exponent;
  return value_;
}

const kernels::AdamStep& Adam::step_of(const Update& u) {
  if (u.step == last_.step && u.lr == last_.lr && u.group == last_.group) return last_.values;
  const AdamOptions& o = options(u);
  const double inverse = (1 - power1_(o.beta1, u.step)) / u.lr;
  const double scale = inverse / std::sqrt(1 - power2_(o.beta2, u.step));
  last_ = {u.step, u.lr, u.group, {}};
  last_.values = {.beta1 = o.beta1,
                  .beta2 = o.beta2,
                  .scale = scale,
                  .epsilon = o.epsilon * (o.epsilon_hat ? scale : inverse),
                  .decay = decoupled_ ? 1 - u.lr * o.weight_decay : 1,
                  .weight_decay = decoupled_ ? 0 : o.weight_decay};
  return last_.values;
}

void Adam::update(const Update& u) {
  const kernels::AdamStep& step = step_of(u);
  visit_float(
      u.parameter.dtype(),
      [&]<class T>() {
        u.for_parts<T>([&](const T* gradient, std::int64_t i, std::int64_t n) {
          kernels::adam<T>(step, u.grad_scale, gradient, u.parameter.data<T>() + i, u.buffers[0].data<T>() + i,
                           u.buffers[1].data<T>() + i, n);
        });
      },
      [] {});
}

}  // namespace relume::optim
