// Losses.
#pragma once

#include <cstdint>

#include "relume/tensor/tensor.h"

namespace relume::nn {

struct CrossEntropyOptions {
  Tensor class_weights{};            ///< [classes], or undefined: all 1
  double label_smoothing = 0;        ///< this much of a target is spread evenly over all classes
  std::int64_t ignore_index = -100;  ///< rows with this class do not count
};

/// −Σ w[t] ln softmax(x)[t] / Σ w[t] over the rows of `logits` [n, classes] with classes t [n] int64, or, for targets
/// that are probabilities q [n, classes], −Σᵢⱼ wⱼ qᵢⱼ ln softmax(x)ᵢⱼ / n. PyTorch's cross_entropy with its mean
/// reduction. Throws IndexError for a class outside of 0 … classes − 1.
Tensor cross_entropy(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options = {});

struct NllOptions {
  Tensor class_weights{};            ///< [classes], or undefined: all 1
  std::int64_t ignore_index = -100;  ///< rows with this class do not count
};

/// −Σ w[t] x[t] / Σ w[t] over the rows of log-probabilities x [n, classes] with classes t [n] int64.
Tensor nll_loss(const Tensor& log_probabilities, const Tensor& targets, const NllOptions& options = {});

/// Mean of −(p y ln σ(x) + (1 − y) ln(1 − σ(x))) for targets y in [0, 1] of x's shape, stable for large x.
/// `positive_weight` p broadcasts to x; undefined: 1.
Tensor bce_with_logits(const Tensor& logits, const Tensor& target, const Tensor& positive_weight = Tensor());

/// Σ q (ln q − x) / rows for log-probabilities x and probabilities q: the Kullback-Leibler divergence. PyTorch's kl_div
/// with reduction="batchmean". The target is a constant.
Tensor kl_div(const Tensor& log_probabilities, const Tensor& target);

/// Mean of (x − y)².
Tensor mse_loss(const Tensor& prediction, const Tensor& target);
/// Mean of |x − y|.
Tensor l1_loss(const Tensor& prediction, const Tensor& target);
/// Mean of d²/2 where |d| < delta and delta (|d| − delta/2) elsewhere, d = x − y. Huber, 1964.
Tensor huber_loss(const Tensor& prediction, const Tensor& target, double delta = 1);

}  // namespace relume::nn
