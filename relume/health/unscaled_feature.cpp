// A column with much larger numbers than the others drowns them.
#include <algorithm>
#include <cmath>

#include "relume/base/require.h"
#include "relume/health/rule.h"

namespace relume::health::rule {
namespace {

/// Deviation or mean over the median column's.
constexpr Threshold unscaled_factor{"unscaled_factor", 100};

/// The root mean square: what the column adds to the next layer's sums, offset included.
double size_of_column(const InputColumn& column) { return std::hypot(column.mean, column.deviation); }

Verdict judge_unscaled_feature(const Measurements& m, const Thresholds& thresholds) {
  if (m.inputs.size() < 2) return {.cannot_judge = "the inputs were not looked at, or there is one alone"};
  std::vector<double> sizes;
  for (const InputColumn& column : m.inputs)
    if (const double size = size_of_column(column); size > 0) sizes.push_back(size);
  if (sizes.empty()) return {};
  // The lower median: of two columns the larger one is the odd one out.
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>((sizes.size() - 1) / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  Finding finding;
  std::size_t largest = 0;
  for (std::size_t j = 0; j < m.inputs.size(); ++j) {
    if (size_of_column(m.inputs[j]) > size_of_column(m.inputs[largest])) largest = j;
    if (size_of_column(m.inputs[j]) > thresholds[unscaled_factor] * *middle)
      finding.units.push_back(static_cast<std::int64_t>(j));
  }
  if (finding.units.empty()) return {};
  const InputColumn& worst = m.inputs[largest];
  finding.rule = "unscaled_feature";
  finding.severity = Severity::warning;
  finding.layer = "input";
  finding.step = m.step;
  finding.evidence = {{"size", size_of_column(worst)}, {"median_size", *middle}};
  finding.cause =
      fmt::format("column {} is {:.0f} times as large as the median column (mean {:.3g}, deviation {:.3g}).",
                  worst.name, size_of_column(worst) / *middle, worst.mean, worst.deviation);
  finding.remedy = {"Standardise the columns: mean 0, deviation 1."};
  return {.findings = {std::move(finding)}};
}

}  // namespace

extern const Rule unscaled_feature;
const Rule unscaled_feature{"unscaled_feature",
                            Subject::inputs,
                            &judge_unscaled_feature,
                            "the size of an input column over the median column's",
                            {&unscaled_factor}};

}  // namespace relume::health::rule
