// Public. The losses that a network is trained with, by name.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relume/nn/loss.h"

namespace relume::nn {

/// What a loss is told; each takes what it knows.
struct LossSettings {
  Tensor class_weights{};      ///< [classes], or undefined: all 1
  double label_smoothing = 0;  ///< cross_entropy
  std::optional<double> parameter{};
  Reduction reduction = Reduction::mean;
};

struct LossEntry {
  std::string_view name;      ///< as options and the command line call it: "huber"
  std::string_view function;  ///< in nn: "huber_loss"
  bool of_classes;            ///< of logits [n, classes] and classes int64 [n]; otherwise of numbers of one shape
  bool smooths_labels;        ///< takes label_smoothing
  std::string_view formula;   ///< as text, for help and docs
  const char* parameter;      ///< "delta"; null where there is none
  double usual;               ///< the parameter where none is given
  Tensor (*compute)(const Tensor& output, const Tensor& target, const LossSettings& settings, double parameter);
  /// [1, outputs] float64: the answer with the least loss of those that are the same for every row with these targets.
  /// Null where there is no formula for it.
  Tensor (*constant)(const Tensor& target, std::int64_t outputs);

  Tensor operator()(const Tensor& output, const Tensor& target, const LossSettings& settings = {}) const {
    return compute(output, target, settings, settings.parameter.value_or(usual));
  }
};

/// Every loss that a network can be trained with, the one that a task has if nothing is said first among its own.
std::span<const LossEntry> losses();
/// The loss of that name for classes or for numbers; the empty name is the usual one. Throws ValueError that lists
/// those that fit.
const LossEntry& find_loss(std::string_view name, bool of_classes);
/// {"cross_entropy", "mse", …}
std::vector<std::string> loss_names();

}  // namespace relume::nn
