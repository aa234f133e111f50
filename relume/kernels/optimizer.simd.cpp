#include <cmath>
#include <limits>

#include "relume/kernels/lane.h"
#include "relume/kernels/map.h"
#include "relume/kernels/optimizer_table.h"

namespace relume::kernels::RELUME_TARGET {
namespace {

/// Asks for the line of p[i], a little further on, as one that will be written. The other core has read half of what
/// this one steps, in the forward or the backward pass: without being asked, each such line is waited for twice, by the
/// load and then, longer, by the store.
template <class T>
void will_write(const T* p, std::int64_t i) {
  constexpr std::int64_t ahead = 256 / sizeof(T);
  __builtin_prefetch(p + i + ahead, 1);
}

/// move(i, part) for the lanes of n weights: `part` of them from i on.
template <class V, class T, class F>
void step_lanes(const T* weight, std::int64_t n, F move) {
  std::int64_t i = 0;
  for (; i + V::width <= n; i += V::width) {
    will_write(weight, i);
    move(i, V::width);
  }
  if (i < n) move(i, n - i);
}

// g = s·gradient + λ w;  v = μ v + (1 − δ) g (the first time v = g);  w −= lr (nesterov ? g + μ v : v)
template <class T>
void sgd(const SgdStep& step, double grad_scale, const T* gradient, T* weight, T* velocity, std::int64_t n) {
  using V = Lane<T>;
  const V lr = step.lr, scale = grad_scale, decay = step.weight_decay, momentum = step.momentum;
  const V take = 1 - step.dampening, direct = step.nesterov ? 1 : 0, through = step.nesterov ? momentum : V(1);
  const bool first = step.first, remembers = step.momentum != 0;
  step_lanes<V>(weight, n, [=](std::int64_t i, std::int64_t part) {
    const V w = load_some<V>(weight + i, part), g = scale * load_some<V>(gradient + i, part) + decay * w;
    V move = g;
    if (remembers) {
      const V v = first ? g : momentum * load_some<V>(velocity + i, part) + take * g;
      store_some(v, velocity + i, part);
      move = direct * g + through * v;
    }
    store_some(w - lr * move, weight + i, part);
  });
}

/// m / (√s unbias + ε)
template <class V>
V adam_move(V m, V s, V unbias, V epsilon) {
  return m / fma(sqrt(s), unbias, epsilon);
}

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
/// 1 − a b
inline Lane<float> one_less(Lane<float> a, Lane<float> b) {
  return Lane<float>(hn::NegMulAdd(a.raw(), b.raw(), Lane<float>(1).raw()));
}

/// The same within 2 ulp in half the time of a square root and a division: estimates of 14 bits, and a step of Newton's
/// each. 0 and ∞, whose estimates would make NaN, are the smallest normal number and no move.
inline Lane<float> adam_move(Lane<float> m, Lane<float> s, Lane<float> unbias, Lane<float> epsilon) {
  using V = Lane<float>;
  const V normal(hn::Max(V(std::numeric_limits<float>::min()).raw(), s.raw()));
  const V inverse(hn::ApproximateReciprocalSqrt(normal.raw()));
  const V estimate = normal * inverse;
  const V root = fma(estimate * 0.5, one_less(estimate, inverse), estimate);
  const V divisor = fma(root, unbias, epsilon);
  const V share(hn::ApproximateReciprocal(divisor.raw()));
  const V quotient = m * fma(share, one_less(divisor, share), share);
  return zero_where(s == std::numeric_limits<float>::infinity(), quotient);
}
#endif

template <bool decays, class T>
void adam_loop(const AdamStep& step, double grad_scale, const T* __restrict gradient, T* __restrict weight,
               T* __restrict mean, T* __restrict square, std::int64_t n) {
  using V = Lane<T>;
  const V scale = grad_scale, l2 = step.weight_decay, shrink = step.decay;
  const V beta1 = step.beta1, rest1 = 1 - step.beta1, beta2 = step.beta2, rest2 = 1 - step.beta2;
  const V size = -step.lr / step.correction1, unbias = 1 / std::sqrt(step.correction2), epsilon = step.epsilon;
  const auto move = [&](std::int64_t i, std::int64_t part) {
    V w = load_some<V>(weight + i, part), g = scale * load_some<V>(gradient + i, part);
    if constexpr (decays) {
      w = shrink * w;
      g = fma(l2, w, g);
    }
    const V m = fma(beta1, load_some<V>(mean + i, part), rest1 * g);
    const V s = fma(beta2, load_some<V>(square + i, part), rest2 * g * g);
    store_some(m, mean + i, part);
    store_some(s, square + i, part);
    store_some(fma(size, adam_move(m, s, unbias, epsilon), w), weight + i, part);
  };
  step_lanes<V>(weight, n, move);
}

// m = β₁ m + (1 − β₁) g;  s = β₂ s + (1 − β₂) g²;  w −= lr (m / c₁) / (√(s / c₂) + ε)
template <class T>
void adam(const AdamStep& step, double grad_scale, const T* gradient, T* weight, T* mean, T* square, std::int64_t n) {
  const bool decays = step.decay != 1 || step.weight_decay != 0;
  (decays ? adam_loop<true, T> : adam_loop<false, T>)(step, grad_scale, gradient, weight, mean, square, n);
}

// s = α s + (1 − α) g²;  d = g / (√s + ε);  v = μ v + d;  w −= lr v
template <class T>
void rmsprop(const RmspropStep& step, double grad_scale, const T* gradient, T* weight, T* square, T* velocity,
             std::int64_t n) {
  using V = Lane<T>;
  const V scale = grad_scale, decay = step.weight_decay, lr = step.lr, alpha = step.alpha, rest = 1 - step.alpha;
  const V epsilon = step.epsilon, momentum = step.momentum;
  step_lanes<V>(weight, n, [=](std::int64_t i, std::int64_t part) {
    const V w = load_some<V>(weight + i, part), g = scale * load_some<V>(gradient + i, part) + decay * w;
    const V s = alpha * load_some<V>(square + i, part) + rest * g * g;
    store_some(s, square + i, part);
    V move = g / (sqrt(s) + epsilon);
    if (velocity) {
      move = momentum * load_some<V>(velocity + i, part) + move;
      store_some(move, velocity + i, part);
    }
    store_some(w - lr * move, weight + i, part);
  });
}

// s += g²;  w −= lr g / (√s + ε)
template <class T>
void adagrad(const AdagradStep& step, double grad_scale, const T* gradient, T* weight, T* sum, std::int64_t n) {
  using V = Lane<T>;
  const V scale = grad_scale, decay = step.weight_decay, lr = step.lr, epsilon = step.epsilon;
  step_lanes<V>(weight, n, [=](std::int64_t i, std::int64_t part) {
    const V w = load_some<V>(weight + i, part), g = scale * load_some<V>(gradient + i, part) + decay * w;
    const V s = load_some<V>(sum + i, part) + g * g;
    store_some(s, sum + i, part);
    store_some(w - lr * g / (sqrt(s) + epsilon), weight + i, part);
  });
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
