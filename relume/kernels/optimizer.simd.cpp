#include <algorithm>
#include <cmath>
#include <limits>

#include "relume/kernels/lane.h"
#include "relume/kernels/map.h"
#include "relume/kernels/optimizer_table.h"

namespace relume::kernels::RELUME_TARGET {
namespace {

/// Asks for the line of p[i], a little further on, as one that will be written. The other core has read half of the
/// weights that this one steps, in the forward or the backward pass: without being asked, each such line is waited for
/// twice, by the load and then, longer, by the store. Moments come from the third-level cache or from memory, and
/// sooner so: 402,000 weights of Adam in 110 µs where the hardware's prefetching alone took 141 on a Zen 4 core, 137
/// where 181.
template <class T>
void will_write(const T* p, std::int64_t i) {
  constexpr std::int64_t ahead = 256 / sizeof(T);
  __builtin_prefetch(p + i + ahead, 1);
}

/// move(i, part) for the lanes of n weights: `part` of them from i on, in all of the arrays that it changes.
template <class V, class T, std::size_t count, class F>
void step_lanes(T* const (&arrays)[count], std::int64_t n, F move) {
  std::int64_t i = 0;
  for (; i + V::width <= n; i += V::width) {
    for (const T* array : arrays) will_write(array, i);
    move(i, V::width);
  }
  if (i < n) move(i, n - i);
}

/// plain: s = 1, λ = 0, δ = 0, and not nesterov
template <bool plain, class T>
void sgd_loop(const SgdStep& step, double grad_scale, const T* gradient, T* weight, T* velocity, std::int64_t n) {
  using V = Lane<T>;
  const V down = -step.lr, scale = grad_scale, decay = step.weight_decay, momentum = step.momentum;
  const V take = 1 - step.dampening, direct = step.nesterov ? 1 : 0, through = step.nesterov ? momentum : V(1);
  const bool first = step.first, remembers = step.momentum != 0;
  step_lanes<V>({weight, remembers ? velocity : weight}, n, [=](std::int64_t i, std::int64_t part) {
    const V w = load_some<V>(weight + i, part);
    V g = load_some<V>(gradient + i, part);
    if constexpr (!plain) g = fma(decay, w, scale * g);
    V move = g;
    if (remembers) {
      const V v = first ? g : fma(momentum, load_some<V>(velocity + i, part), plain ? g : take * g);
      store_some(v, velocity + i, part);
      move = plain ? v : fma(through, v, direct * g);
    }
    store_some(fma(down, move, w), weight + i, part);
  });
}

// g = s·gradient + λ w;  v = μ v + (1 − δ) g (the first time v = g);  w −= lr (nesterov ? g + μ v : v)
template <class T>
void sgd(const SgdStep& step, double grad_scale, const T* gradient, T* weight, T* velocity, std::int64_t n) {
  const bool plain = grad_scale == 1 && step.weight_decay == 0 && step.dampening == 0 && !step.nesterov;
  (plain ? sgd_loop<true, T> : sgd_loop<false, T>)(step, grad_scale, gradient, weight, velocity, n);
}

/// w − m / d
template <class V>
V minus_quotient(V w, V m, V d) {
  return w - m / d;
}

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
/// The same, the quotient within 2 ulp by an estimate of 14 bits and a step of Newton's. A division is computed by the
/// same unit as the square root before it, and one after the other: of 16 weights on a Zen 4 core, 18 cycles with both,
/// 12 so; on an Emerald Rapids core both took 21. An infinite d is the largest number, and its quotient 0.
inline Lane<float> minus_quotient(Lane<float> w, Lane<float> m, Lane<float> d) {
  using V = Lane<float>;
  const V finite(hn::Min(V(std::numeric_limits<float>::max()).raw(), d.raw()));
  const V share(hn::ApproximateReciprocal(finite.raw()));
  const V correction(hn::NegMulAdd(finite.raw(), share.raw(), V(2).raw()));
  return V(hn::NegMulAdd((m * share).raw(), correction.raw(), w.raw()));
}
#endif

/// What there is beside the gradient itself.
enum class AdamTerms { none, decay, all };

template <AdamTerms terms, class T>
void adam_loop(const AdamStep& step, double grad_scale, const T* __restrict gradient, T* __restrict weight,
               T* __restrict mean, T* __restrict square, std::int64_t n) {
  using V = Lane<T>;
  using Limits = std::numeric_limits<T>;
  // A rate of all but 0 makes no move. With 0 in the place of ε a weight that never had a gradient would move by 0 / 0.
  const bool moves = std::abs(step.scale) < std::sqrt(static_cast<double>(Limits::max()));
  const double least = static_cast<double>(Limits::min()) * 16;
  const V root_scale = moves ? step.scale : 0;
  const V epsilon = moves ? std::copysign(std::max(std::abs(step.epsilon), least), step.scale)
                          : static_cast<double>(Limits::infinity());
  const V scale = grad_scale, l2 = step.weight_decay, shrink = step.decay;
  const V rest1 = 1 - step.beta1, beta2 = step.beta2, rest2 = 1 - step.beta2;
  step_lanes<V>({weight, mean, square}, n, [&](std::int64_t i, std::int64_t part) {
    V w = load_some<V>(weight + i, part), g = load_some<V>(gradient + i, part);
    if constexpr (terms != AdamTerms::none) w = shrink * w;
    if constexpr (terms == AdamTerms::all) g = fma(l2, w, scale * g);
    const V before = load_some<V>(mean + i, part), m = fma(rest1, g - before, before);
    const V s = fma(beta2, load_some<V>(square + i, part), rest2 * g * g);
    store_some(m, mean + i, part);
    store_some(s, square + i, part);
    store_some(minus_quotient(w, m, fma(sqrt(s), root_scale, epsilon)), weight + i, part);
  });
}

// m = β₁ m + (1 − β₁) g;  s = β₂ s + (1 − β₂) g²;  w −= m / (scale √s + epsilon)
template <class T>
void adam(const AdamStep& step, double grad_scale, const T* gradient, T* weight, T* mean, T* square, std::int64_t n) {
  const bool plain = grad_scale == 1 && step.weight_decay == 0;
  (!plain            ? adam_loop<AdamTerms::all, T>
   : step.decay != 1 ? adam_loop<AdamTerms::decay, T>
                     : adam_loop<AdamTerms::none, T>)(step, grad_scale, gradient, weight, mean, square, n);
}

// s = α s + (1 − α) g²;  d = g / (√s + ε);  v = μ v + d;  w −= lr v
template <class T>
void rmsprop(const RmspropStep& step, double grad_scale, const T* gradient, T* weight, T* square, T* velocity,
             std::int64_t n) {
  using V = Lane<T>;
  const V scale = grad_scale, decay = step.weight_decay, lr = step.lr, alpha = step.alpha, rest = 1 - step.alpha;
  const V epsilon = step.epsilon, momentum = step.momentum;
  step_lanes<V>({weight, square, velocity ? velocity : weight}, n, [=](std::int64_t i, std::int64_t part) {
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
  step_lanes<V>({weight, sum}, n, [=](std::int64_t i, std::int64_t part) {
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
