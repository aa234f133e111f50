// Public. Losses.
#pragma once

#include <cstdint>

#include "relume/tensor/tensor.h"

namespace relume::nn {

/// What becomes of the losses of the elements: they are handed back, averaged, added up, or added up and divided by the
/// size of the first dimension.
enum class Reduction : std::uint8_t { none, mean, sum, batchmean };

struct CrossEntropyOptions {
  Tensor class_weights{};            ///< [classes], or undefined: all 1
  double label_smoothing = 0;        ///< this much of a target is spread evenly over all classes
  std::int64_t ignore_index = -100;  ///< rows with this class do not count
  Reduction reduction = Reduction::mean;
};

/// −w[t] ln softmax(x)[t] of each row of `logits` [n, classes] with classes t [n] int64, which mean divides by Σ w[t];
/// or, for targets that are probabilities q [n, classes], −Σⱼ wⱼ qⱼ ln softmax(x)ⱼ, which mean divides by n. Logits may
/// be [classes] or [n, classes, …] too, with targets [] or [n, …]. As torch.nn.functional.cross_entropy. Throws
/// IndexError for a class outside of 0 … classes − 1.
Tensor cross_entropy(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options = {});

struct FocalOptions {
  double gamma = 2;        ///< 0, or at least 1: the larger, the less do rows count that are right already
  Tensor class_weights{};  ///< [classes], or undefined: all 1
  Reduction reduction = Reduction::mean;
};

/// −w[t] (1 − p)^γ ln p, p = softmax(x)[t], of logits and classes of the shapes that cross_entropy takes; mean divides
/// by the number of rows. Of two classes it is torchvision's sigmoid_focal_loss of x₁ − x₀, with α as the weights {1 −
/// α, α}. Lin et al., "Focal loss for dense object detection", 2017.
Tensor focal_loss(const Tensor& logits, const Tensor& targets, const FocalOptions& options = {});

struct NllOptions {
  Tensor class_weights{};            ///< [classes], or undefined: all 1
  std::int64_t ignore_index = -100;  ///< rows with this class do not count
  Reduction reduction = Reduction::mean;
};

/// −w[t] x[t] of each row of log-probabilities x with classes t, of the shapes that cross_entropy takes; mean divides
/// by Σ w[t].
Tensor nll_loss(const Tensor& log_probabilities, const Tensor& targets, const NllOptions& options = {});

/// −w (p y ln σ(x) + (1 − y) ln(1 − σ(x))) for targets y in [0, 1] of x's shape, stable for large x.
/// `positive_weight` p and `weight` w broadcast to x; undefined: 1.
Tensor bce_with_logits(const Tensor& logits, const Tensor& target, const Tensor& positive_weight = Tensor(),
                       const Tensor& weight = Tensor(), Reduction reduction = Reduction::mean);

/// −w (y ln p + (1 − y) ln(1 − p)) for probabilities p and targets y, both logarithms at least −100. Throws ValueError
/// for p outside of [0, 1]. As torch.nn.functional.binary_cross_entropy; bce_with_logits is the stabler one.
Tensor binary_cross_entropy(const Tensor& probabilities, const Tensor& target, const Tensor& weight = Tensor(),
                            Reduction reduction = Reduction::mean);

/// q (ln q − x) for log-probabilities x and probabilities q, or logarithms of them: the Kullback-Leibler divergence,
/// which `batchmean` gives per row. As torch.nn.functional.kl_div.
Tensor kl_div(const Tensor& log_probabilities, const Tensor& target, Reduction reduction = Reduction::mean,
              bool log_target = false);

/// (x − y)²
Tensor mse_loss(const Tensor& prediction, const Tensor& target, Reduction reduction = Reduction::mean);
/// |x − y|
Tensor l1_loss(const Tensor& prediction, const Tensor& target, Reduction reduction = Reduction::mean);
/// d²/2 where |d| < delta and delta (|d| − delta/2) elsewhere, d = x − y. Huber, 1964.
Tensor huber_loss(const Tensor& prediction, const Tensor& target, double delta = 1,
                  Reduction reduction = Reduction::mean);
/// huber_loss / beta: d²/(2 beta) where |d| < beta and |d| − beta/2 elsewhere; |d| for a beta of 0.
Tensor smooth_l1_loss(const Tensor& prediction, const Tensor& target, double beta = 1,
                      Reduction reduction = Reduction::mean);

}  // namespace relume::nn
