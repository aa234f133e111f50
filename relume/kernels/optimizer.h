// Public. The steps of the optimizers on plain memory: one pass over parameter, gradient and state. T is float or
// double.
#pragma once

#include <cstdint>

namespace relume::kernels {

struct SgdStep {
  double lr, momentum, dampening, weight_decay;
  bool nesterov, first;  ///< first: the momentum buffer holds nothing yet
};

/// w −= m / (scale √s + epsilon), which is lr (m / c₁) / (√(s / c₂) + ε) with c₁ = 1 − β₁ᵗ and c₂ = 1 − β₂ᵗ.
struct AdamStep {
  double beta1, beta2;
  double scale;         ///< c₁ / (lr √c₂); infinite for a rate of 0, at which no weight moves
  double epsilon;       ///< ε c₁ / lr
  double decay;         ///< AdamW: the weight is multiplied by this first (1 − lr·λ)
  double weight_decay;  ///< Adam: added to the gradient, times the weight
};

struct RmspropStep {
  double lr, alpha, epsilon, weight_decay, momentum;
};

struct AdagradStep {
  double lr, epsilon, weight_decay;
};

/// g = grad_scale·gradient in all of them, so that clipping costs no pass of its own. Buffers that an option does not
/// use may be null. Squares of small gradients are soon below the normal numbers: call them under FlushDenormals.
template <class T>
void sgd(const SgdStep& step, double grad_scale, const T* gradient, T* weight, T* velocity, std::int64_t n);
template <class T>
void adam(const AdamStep& step, double grad_scale, const T* gradient, T* weight, T* mean, T* square, std::int64_t n);
template <class T>
void rmsprop(const RmspropStep& step, double grad_scale, const T* gradient, T* weight, T* square, T* velocity,
             std::int64_t n);
template <class T>
void adagrad(const AdagradStep& step, double grad_scale, const T* gradient, T* weight, T* sum, std::int64_t n);

/// Σ x², in double.
template <class T>
double sum_of_squares(const T* x, std::int64_t n);

}  // namespace relume::kernels
