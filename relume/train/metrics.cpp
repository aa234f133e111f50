#include "relume/train/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "relume/base/require.h"
#include "relume/nn/loss.h"

namespace relume::training {
namespace {

/// The probability that a row of class 1 scores above one of class 0, ties counted half, by ranks (Mann and Whitney).
/// Nothing where a score is NaN, which has no rank, or where a class has no row.
std::optional<double> area_under_curve(const std::vector<double>& scores, const std::vector<std::int64_t>& targets) {
  if (std::ranges::any_of(scores, [](double score) { return std::isnan(score); })) return std::nullopt;
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
  double positives = 0, rank_sum = 0;
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i + 1;
    while (end < order.size() && scores[order[end]] == scores[order[i]]) ++end;
    const double rank = (static_cast<double>(i) + static_cast<double>(end) + 1) / 2;
    for (; i < end; ++i)
      if (targets[order[i]] == 1) {
        ++positives;
        rank_sum += rank;
      }
  }
  const double negatives = static_cast<double>(scores.size()) - positives;
  if (positives == 0 || negatives == 0) return std::nullopt;
  return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives);
}

double macro_f1(const std::vector<std::int64_t>& confusion, std::size_t classes) {
  double total = 0, counted = 0;
  for (std::size_t k = 0; k < classes; ++k) {
    std::int64_t truly = 0, predicted = 0;
    for (std::size_t j = 0; j < classes; ++j) {
      truly += confusion[k * classes + j];
      predicted += confusion[j * classes + k];
    }
    if (truly + predicted == 0) continue;
    total += 2 * static_cast<double>(confusion[k * classes + k]) / static_cast<double>(truly + predicted);
    ++counted;
  }
  return counted > 0 ? total / counted : 0;
}

struct Metric {
  std::string_view name;
  std::optional<data::Task> task;  // that is measured by it; none: every
  std::optional<double> (*value)(const Metrics&);
  bool larger_is_better = false;

  bool is_of(data::Task other) const { return !task || *task == other; }
};

using enum data::Task;

// The list of the metrics, in the order in which they are shown; behind the loss stands what a task is judged by first.
constexpr Metric metrics[] = {
    {"loss", std::nullopt, [](const Metrics& m) { return std::optional(m.loss); }},
    {"accuracy", classification, [](const Metrics& m) { return std::optional(m.accuracy); }, true},
    {"f1_macro", classification, [](const Metrics& m) { return std::optional(m.f1_macro); }, true},
    {"auc", classification, [](const Metrics& m) { return m.auc; }, true},
    {"rmse", regression, [](const Metrics& m) { return std::optional(m.rmse); }},
    {"mae", regression, [](const Metrics& m) { return std::optional(m.mae); }},
    {"r2", regression, [](const Metrics& m) { return std::optional(m.r2); }, true},
};

}  // namespace

std::vector<std::string_view> metric_names(data::Task task) {
  std::vector<std::string_view> names;
  for (const Metric& metric : metrics)
    if (metric.is_of(task)) names.push_back(metric.name);
  return names;
}

std::string_view main_metric(data::Task task) { return metric_names(task)[1]; }

NamedValues values(const Metrics& m, data::Task task) {
  NamedValues all;
  for (const Metric& metric : metrics)
    if (const std::optional<double> value = metric.value(m); value && metric.is_of(task))
      all.emplace_back(metric.name, *value);
  return all;
}

double cost(const Metrics& m, std::string_view name) {
  const auto* metric = std::ranges::find(metrics, name, &Metric::name);
  require(metric != std::end(metrics), "metric: there is no \"{}\"", name);
  const std::optional<double> value = metric->value(m);
  if (!value) return std::numeric_limits<double>::infinity();
  return metric->larger_is_better ? -*value : *value;
}

Metrics classification_metrics(const Tensor& logits, const Tensor& targets) {
  Metrics m;
  m.rows = logits.size(0);
  if (m.rows == 0) return m;
  m.loss = nn::cross_entropy(logits, targets).item<double>();
  const auto classes = static_cast<std::size_t>(logits.size(1));
  const std::vector<std::int64_t> truth = targets.to_vector<std::int64_t>();
  const std::vector<float> values = logits.to_vector<float>();
  m.confusion.assign(classes * classes, 0);
  m.accuracy = 0;
  const auto outside =
      std::ranges::find_if(truth, [&](std::int64_t k) { return k < 0 || static_cast<std::size_t>(k) >= classes; });
  require(outside == truth.end(), "metrics: a target is {}, of {} classes", outside == truth.end() ? 0 : *outside,
          classes);
  std::vector<double> margins;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const auto row = values.begin() + static_cast<std::ptrdiff_t>(i * classes);
    const auto top = std::max_element(row, row + static_cast<std::ptrdiff_t>(classes));
    const auto predicted = static_cast<std::size_t>(top - row);
    ++m.confusion[static_cast<std::size_t>(truth[i]) * classes + predicted];
    // A row of NaN has no most probable class.
    m.accuracy += static_cast<double>(static_cast<std::size_t>(truth[i]) == predicted && !std::isnan(*top));
    if (classes == 2) margins.push_back(static_cast<double>(row[1]) - static_cast<double>(row[0]));
  }
  m.accuracy /= static_cast<double>(m.rows);
  m.f1_macro = macro_f1(m.confusion, classes);
  if (classes == 2) m.auc = area_under_curve(margins, truth);
  return m;
}

Metrics regression_metrics(const Tensor& outputs, const Tensor& targets, double scale) {
  Metrics m;
  m.rows = targets.size(0);
  if (m.rows == 0) return m;
  const std::vector<double> y = targets.to_vector<double>(), guess = outputs.to_vector<double>();
  const auto n = static_cast<double>(m.rows);
  const double mean = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double squares = 0, spread = 0;
  m.mae = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    squares += (y[i] - guess[i]) * (y[i] - guess[i]);
    spread += (y[i] - mean) * (y[i] - mean);
    m.mae += std::fabs(y[i] - guess[i]);
  }
  m.loss = squares / n;
  m.rmse = std::sqrt(squares / n) * scale;
  m.mae = m.mae / n * scale;
  m.r2 = spread > 0 ? 1 - squares / spread : 0;
  return m;
}

}  // namespace relume::training
