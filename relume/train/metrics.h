// Public. How good predictions are.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "relume/data/target.h"
#include "relume/tensor/tensor.h"

namespace relume::training {

/// Of a classification: loss, accuracy, f1_macro, auc (two classes), confusion. Of a regression: loss, rmse, mae, r2.
/// NaN is what a task is not measured by.
struct Metrics {
  static constexpr double not_measured = std::numeric_limits<double>::quiet_NaN();

  std::int64_t rows = 0;
  double loss = 0;  ///< the mean of what was trained by: see loss_of(); of numbers in units of the standardised target
  double accuracy = not_measured;       ///< share of rows whose most probable class is right
  double f1_macro = not_measured;       ///< mean over the classes that occur of 2 TP / (2 TP + FP + FN)
  std::optional<double> auc;            ///< area under the ROC curve of the second class; none where a score is NaN
  std::vector<std::int64_t> confusion;  ///< [true, predicted], row by row
  double rmse = not_measured;           ///< √ mean (y − ŷ)², in the target's units
  double mae = not_measured;            ///< mean |y − ŷ|, in the target's units
  double r2 = not_measured;             ///< 1 − Σ (y − ŷ)² / Σ (y − ȳ)²; 0 where all targets are alike

  /// Accuracy or rmse.
  double main(data::Task task) const { return task == data::Task::classification ? accuracy : rmse; }
};

/// What a task is judged by first: "accuracy" or "rmse".
std::string_view main_metric(data::Task task);

/// The metrics of a task by their names, in the order of metric_names(); auc where it was measured.
using NamedValues = std::vector<std::pair<std::string_view, double>>;
NamedValues values(const Metrics& metrics, data::Task task);

/// The names of what a task is measured by: "loss", "accuracy", "f1_macro", "auc"; "loss", "rmse", "mae", "r2".
std::vector<std::string_view> metric_names(data::Task task);

/// That metric, negated where larger is better: smaller is always better. Throws ValueError for a name of no metric;
/// infinity for an auc that is not there.
double cost(const Metrics& metrics, std::string_view name);

/// From logits [n, classes] and classes int64 [n].
Metrics classification_metrics(const Tensor& logits, const Tensor& targets);

/// From outputs and targets [n, 1] that were divided by `scale`.
Metrics regression_metrics(const Tensor& outputs, const Tensor& targets, double scale);

}  // namespace relume::training
