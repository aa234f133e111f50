// Public. What a network learns to predict: the target column, the task that follows from it, and its numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relume/data/table.h"
#include "relume/tensor/tensor.h"

namespace relume::data {

enum class Task : std::uint8_t { classification, regression };

/// "classification", "regression"
constexpr std::string_view name(Task task) { return task == Task::classification ? "classification" : "regression"; }
/// "classification", "regression". Throws InputError for another text.
Task task_from_name(std::string_view text);

/// The target column of a table. Text is classes, and so are whole numbers where there are few of them (at most 20,
/// each seen five times on average); all else is regression.
class Target {
 public:
  Target() = default;

  /// `which` as for find_column(). `task` overrides what the values look like. Throws InputError where no row has a
  /// target, where there is one class only, or where a regression is asked of text.
  static Target choose(const Table& table, std::string_view which, std::optional<Task> task = std::nullopt);

  /// The target that a model knows: labels of a classification, mean and scale of a regression.
  static Target known(std::string column, Task task, std::vector<std::string> labels, double mean, double scale);

  const std::string& column() const { return column_; }
  ColumnKind kind() const { return kind_; }
  Task task() const { return task_; }
  /// The classes' texts as the table writes them: numbers in their order, else in the alphabet's.
  const std::vector<std::string>& labels() const { return labels_; }
  std::int64_t classes() const { return static_cast<std::int64_t>(labels_.size()); }

  /// The rows that have a target.
  std::vector<std::int64_t> rows(const Table& table) const;
  /// Regression: takes mean and standard deviation from these rows.
  void fit(const Table& table, std::span<const std::int64_t> rows);
  /// Classification: int64 [n], the place among labels(). Regression: float32 [n, 1], (value − mean) / scale.
  /// A label is found by its text or, where one label alone is the same number, by that. Throws InputError on one that
  /// training did not have, and on a missing target.
  Tensor encode(const Table& table, std::span<const std::int64_t> rows) const;
  double mean() const { return mean_; }
  double scale() const { return scale_; }
  /// The value behind a prediction: prediction · scale + mean.
  double value(double prediction) const { return prediction * scale_ + mean_; }

 private:
  friend struct StoredForm;
  const Column& column_of(const Table& table) const;
  Tensor encode_labels(const Table& table, const Column& column, std::span<const std::int64_t> rows) const;

  std::string column_;
  ColumnKind kind_ = ColumnKind::number;
  Task task_ = Task::regression;
  std::vector<std::string> labels_;
  std::vector<double> numbers_;  // what the labels are, where the column is one of numbers
  double mean_ = 0;
  double scale_ = 1;
};

}  // namespace relume::data
