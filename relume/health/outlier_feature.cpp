// A few numbers of a column so far from the others that those become alike when the column is scaled: typing errors,
// another unit, or a number that stands for a missing value.
#include <algorithm>

#include "relume/base/require.h"
#include "relume/data/table.h"
#include "relume/health/rule.h"

namespace relume::health::rule {
namespace {

/// The nearest of them, from the median, over the farthest of the others.
constexpr Threshold outlier_distance{"outlier_distance", 30};
/// The same where all of them are one number of nines.
constexpr Threshold mark_distance{"mark_distance", 5};

Finding describe(const OutlyingColumn& column, std::size_t more) {
  Finding finding;
  finding.rule = "outlier_feature";
  finding.severity = Severity::warning;
  finding.layer = "input";
  finding.evidence = {{"rows", static_cast<double>(column.rows)},
                      {"farthest", column.value},
                      {"low", column.low},
                      {"high", column.high}};
  finding.cause =
      fmt::format("{} of column \"{}\" {} far from the others: {:.6g}, where those are from {:.6g} to {:.6g}{}.",
                  column.rows == 1 ? "1 number" : fmt::format("{} numbers", column.rows), column.name,
                  column.rows == 1 ? "is" : "are", column.value, column.low, column.high,
                  more > 0 ? fmt::format("; so in {} more columns", more) : "");
  if (column.is_mark)
    finding.remedy = {"Does it stand for a missing value? Then try {}.", {{"na", data::shortest(column.value)}}};
  else
    finding.remedy = {
        "Look at these rows: a typing error, another unit, a mark for a missing value? Mend or leave them out."};
  return finding;
}

Verdict judge_outlier_feature(const Measurements& m, const Thresholds& thresholds) {
  if (!m.data.looked_for_outlying) return {.cannot_judge = "the columns were not looked at"};
  std::vector<const OutlyingColumn*> far;
  for (const OutlyingColumn& column : m.data.outlying)
    if (column.factor > thresholds[column.is_mark ? mark_distance : outlier_distance]) far.push_back(&column);
  if (far.empty()) return {};
  const auto worst = std::ranges::max_element(far, {}, [](const OutlyingColumn* column) { return column->factor; });
  return {.findings = {describe(**worst, far.size() - 1)}};
}

}  // namespace

extern const Rule outlier_feature;
const Rule outlier_feature{"outlier_feature",
                           Subject::inputs,
                           &judge_outlier_feature,
                           "the numbers of an input column that stand apart from the others",
                           {&outlier_distance, &mark_distance}};

}  // namespace relume::health::rule
