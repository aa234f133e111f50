#include "relume/optim/adam.h"

#include <cmath>

#include "relume/base/require.h"
#include "relume/kernels/optimizer.h"

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

void Adam::update(const Update& u) {
  const AdamOptions& o = options(u);
  kernels::AdamStep step{};
  step.lr = u.lr;
  step.beta1 = o.beta1;
  step.beta2 = o.beta2;
  step.epsilon = o.epsilon;
  step.decay = decoupled_ ? 1 - u.lr * o.weight_decay : 1;
  step.weight_decay = decoupled_ ? 0 : o.weight_decay;
  step.correction1 = 1 - power1_(o.beta1, u.step);
  step.correction2 = 1 - power2_(o.beta2, u.step);
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
