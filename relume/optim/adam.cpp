// Compiled for speed.
#include "relume/optim/adam.h"

#include <algorithm>
#include <cmath>

#include "relume/base/require.h"

namespace relume::optim {

namespace {

std::size_t checked(const char* name, const AdamOptions& o) {
  const auto in_unit = [](double beta) { return beta >= 0 && beta < 1; };
  require(in_unit(o.beta1) && in_unit(o.beta2), "{}: beta1 {} and beta2 {} must lie in [0, 1)", name, o.beta1, o.beta2);
  require(o.weight_decay >= 0 && o.epsilon >= 0, "{}: weight_decay {} and epsilon {} must not be negative", name,
          o.weight_decay, o.epsilon);
  return o.amsgrad ? 3 : 2;
}

/// kernels::adam with the largest s so far in the place of s.
template <class T>
void amsgrad(const kernels::AdamStep& step, double grad_scale, const T* gradient, T* weight, T* mean, T* square,
             T* largest, std::int64_t n) {
  const T scale = static_cast<T>(grad_scale), l2 = static_cast<T>(step.weight_decay),
          shrink = static_cast<T>(step.decay);
  const T rest1 = static_cast<T>(1 - step.beta1), beta2 = static_cast<T>(step.beta2),
          rest2 = static_cast<T>(1 - step.beta2);
  const T root_scale = static_cast<T>(step.scale), epsilon = static_cast<T>(step.epsilon);
  for (std::int64_t i = 0; i < n; ++i) {
    const T g = scale * gradient[i] + l2 * weight[i];
    mean[i] += rest1 * (g - mean[i]);
    square[i] = beta2 * square[i] + rest2 * g * g;
    largest[i] = std::max(largest[i], square[i]);
    const T divisor = std::sqrt(largest[i]) * root_scale + epsilon;  // infinite or NaN at a rate of 0
    weight[i] = shrink * weight[i] - (mean[i] == 0 || !std::isfinite(divisor) ? T{0} : mean[i] / divisor);
  }
}

}  // namespace

Adam::Adam(const OptimizerInfo& facts, const Groups& groups, bool decoupled)
    : OptimizerWith(facts, groups, &checked), decoupled_(decoupled) {}

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
  const AdamOptions& o = options(u);
  const double scale = o.maximize ? -u.grad_scale : u.grad_scale;
  visit_float(
      u.parameter.dtype(),
      [&]<class T>() {
        u.for_parts<T>([&](const T* gradient, std::int64_t i, std::int64_t n) {
          T *weight = u.parameter.data<T>() + i, *mean = u.buffers[0].data<T>() + i,
            *square = u.buffers[1].data<T>() + i;
          if (o.amsgrad)
            amsgrad<T>(step, scale, gradient, weight, mean, square, u.buffers[2].data<T>() + i, n);
          else
            kernels::adam<T>(step, scale, gradient, weight, mean, square, n);
        });
      },
      [] {});
}

}  // namespace relume::optim
