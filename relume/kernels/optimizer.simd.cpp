#include <cmath>

#include "relume/kernels/optimizer_table.h"

namespace relume::kernels::RELUME_TARGET {
namespace {

// g = s·gradient + λ w;  v = μ v + (1 − δ) g (the first time v = g);  w −= lr (nesterov ? g + μ v : v)
template <class T>
void sgd(const SgdStep& step, double grad_scale, const T* __restrict gradient, T* __restrict weight,
         T* __restrict velocity, std::int64_t n) {
  const T lr = static_cast<T>(step.lr), scale = static_cast<T>(grad_scale), decay = static_cast<T>(step.weight_decay);
  const T momentum = static_cast<T>(step.momentum);
  if (step.momentum == 0) {
    for (std::int64_t i = 0; i < n; ++i) weight[i] -= lr * (scale * gradient[i] + decay * weight[i]);
    return;
  }
  const T keep = step.first ? T{0} : momentum, take = step.first ? T{1} : static_cast<T>(1 - step.dampening);
  const T direct = step.nesterov ? T{1} : T{0}, through = step.nesterov ? momentum : T{1};
  for (std::int64_t i = 0; i < n; ++i) {
    const T g = scale * gradient[i] + decay * weight[i];
    const T v = step.first ? g : keep * velocity[i] + take * g;
    velocity[i] = v;
    weight[i] -= lr * (direct * g + through * v);
  }
}

// m = β₁ m + (1 − β₁) g;  s = β₂ s + (1 − β₂) g²;  w −= lr (m / c₁) / (√(s / c₂) + ε)
template <class T>
void adam(const AdamStep& step, double grad_scale, const T* __restrict gradient, T* __restrict weight,
          T* __restrict mean, T* __restrict square, std::int64_t n) {
  const T scale = static_cast<T>(grad_scale), l2 = static_cast<T>(step.weight_decay),
          shrink = static_cast<T>(step.decay);
  const T beta1 = static_cast<T>(step.beta1), rest1 = static_cast<T>(1 - step.beta1);
  const T beta2 = static_cast<T>(step.beta2), rest2 = static_cast<T>(1 - step.beta2);
  const T size = static_cast<T>(step.lr / step.correction1), epsilon = static_cast<T>(step.epsilon);
  const T unbias = static_cast<T>(1 / std::sqrt(step.correction2));
  for (std::int64_t i = 0; i < n; ++i) {
    const T w = shrink * weight[i];
    const T g = scale * gradient[i] + l2 * w;
    const T m = beta1 * mean[i] + rest1 * g;
    const T s = beta2 * square[i] + rest2 * g * g;
    mean[i] = m;
    square[i] = s;
    weight[i] = w - size * m / (std::sqrt(s) * unbias + epsilon);
  }
}

// s = α s + (1 − α) g²;  d = g / (√s + ε);  v = μ v + d;  w −= lr v
template <class T>
void rmsprop(const RmspropStep& step, double grad_scale, const T* __restrict gradient, T* __restrict weight,
             T* __restrict square, T* __restrict velocity, std::int64_t n) {
  const T scale = static_cast<T>(grad_scale), decay = static_cast<T>(step.weight_decay), lr = static_cast<T>(step.lr);
  const T alpha = static_cast<T>(step.alpha), rest = static_cast<T>(1 - step.alpha);
  const T epsilon = static_cast<T>(step.epsilon), momentum = static_cast<T>(step.momentum);
  for (std::int64_t i = 0; i < n; ++i) {
    const T g = scale * gradient[i] + decay * weight[i];
    const T s = alpha * square[i] + rest * g * g;
    square[i] = s;
    T move = g / (std::sqrt(s) + epsilon);
    if (velocity) velocity[i] = move = momentum * velocity[i] + move;
    weight[i] -= lr * move;
  }
}

// s += g²;  w −= lr g / (√s + ε)
template <class T>
void adagrad(const AdagradStep& step, double grad_scale, const T* __restrict gradient, T* __restrict weight,
             T* __restrict sum, std::int64_t n) {
  const T scale = static_cast<T>(grad_scale), decay = static_cast<T>(step.weight_decay), lr = static_cast<T>(step.lr);
  const T epsilon = static_cast<T>(step.epsilon);
  for (std::int64_t i = 0; i < n; ++i) {
    const T g = scale * gradient[i] + decay * weight[i];
    const T s = sum[i] + g * g;
    sum[i] = s;
    weight[i] -= lr * g / (std::sqrt(s) + epsilon);
  }
}

template <class T>
double sum_of_squares(const T* x, std::int64_t n) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < n; ++i) {
    const auto value = static_cast<double>(x[i]);
    sum += value * value;
  }
  return sum;
}

}  // namespace

extern const OptimizerTable optimizer_table;
const OptimizerTable optimizer_table = {
    {sgd<float>, adam<float>, rmsprop<float>, adagrad<float>, sum_of_squares<float>},
    {sgd<double>, adam<double>, rmsprop<double>, adagrad<double>, sum_of_squares<double>},
};

}  // namespace relume::kernels::RELUME_TARGET
