#include "relume/health/measurements.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace relume::health {

std::vector<InputColumn> measure_columns(const Tensor& features, std::vector<std::string> names) {
  const std::int64_t rows = features.size(0), columns = features.size(1);
  std::vector<double> mean(static_cast<std::size_t>(columns)), squares(mean.size());
  std::vector<std::int64_t> known(mean.size());
  for (std::int64_t i = 0; i < rows; ++i) {
    const float* x = features.data<float>() + i * features.strides()[0];
    for (std::size_t j = 0; j < mean.size(); ++j) {  // Welford's way: no difference of large sums
      const double value = static_cast<double>(x[static_cast<std::int64_t>(j) * features.strides()[1]]);
      if (!std::isfinite(value)) continue;
      const double delta = value - mean[j];
      mean[j] += delta / static_cast<double>(++known[j]);
      squares[j] += delta * (value - mean[j]);
    }
  }
  std::vector<InputColumn> result;
  for (std::size_t j = 0; j < mean.size(); ++j)
    result.push_back({names.empty() ? std::to_string(j + 1) : std::move(names[j]), mean[j],
                      known[j] > 0 ? std::sqrt(squares[j] / static_cast<double>(known[j])) : 0, rows - known[j]});
  return result;
}

namespace {

/// The deviation of all elements together.
double deviation(const Tensor& tensor) {
  double mean = 0, squares = 0, n = 0;
  for (const double v : tensor.to_vector<double>()) {
    const double delta = v - mean;
    mean += delta / ++n;
    squares += delta * (v - mean);
  }
  return n > 0 ? std::sqrt(squares / n) : 0;
}

}  // namespace

Answers measure_answers(const Tensor& outputs, const Tensor& targets, const std::vector<std::string>& labels) {
  Answers answers;
  answers.rows = outputs.size(0);
  if (targets.dtype() != DType::int64) {
    const double of_targets = deviation(targets);
    answers.spread = of_targets > 0 ? deviation(outputs) / of_targets : 1;
    return answers;
  }
  const std::int64_t width = outputs.size(1);
  const std::vector<float> logits = outputs.to_vector<float>();
  const std::vector<std::int64_t> classes = targets.to_vector<std::int64_t>();
  std::set<std::int64_t> true_ones, answered;
  for (std::int64_t i = 0; i < answers.rows; ++i) {
    const float* row = logits.data() + i * width;
    answered.insert(std::max_element(row, row + width) - row);
    true_ones.insert(classes[static_cast<std::size_t>(i)]);
  }
  answers.classes = std::ssize(true_ones);
  answers.answered = std::ssize(answered);
  if (answered.empty()) return answers;
  answers.first = *answered.begin();
  answers.share = static_cast<double>(std::count(classes.begin(), classes.end(), answers.first)) /
                  static_cast<double>(answers.rows);
  if (answers.first < std::ssize(labels)) answers.label = labels[static_cast<std::size_t>(answers.first)];
  return answers;
}

}  // namespace relume::health
