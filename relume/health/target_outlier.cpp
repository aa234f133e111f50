// A few targets so far from the others that the squared error sees nothing else.
#include <algorithm>

#include "relume/base/require.h"
#include "relume/health/rule.h"

namespace relume::health::rule {
namespace {

/// Distance from the median over the others' deviation.
constexpr Threshold outlier_factor{"outlier_factor", 100};

Verdict judge_target_outlier(const Measurements& m, const Thresholds& thresholds) {
  if (!m.data.target) return {.cannot_judge = "the targets were not looked at, or are classes"};
  const TargetColumn& target = *m.data.target;
  const auto far = std::count_if(target.distances.begin(), target.distances.end(), [&](double distance) {
    return distance > thresholds[outlier_factor] * target.deviation;
  });
  if (far == 0 || target.deviation <= 0) return {};
  Finding finding;
  finding.rule = "target_outlier";
  finding.severity = Severity::warning;
  finding.layer = "target";
  finding.evidence = {{"rows", static_cast<double>(far)},
                      {"farthest", target.farthest},
                      {"median", target.median},
                      {"deviation", target.deviation}};
  finding.cause = fmt::format(
      "{} of {} targets {} so far from the others that the error of those counts for nothing: {:.6g}, where the median "
      "is {:.6g} and the others deviate by {:.3g}.",
      far, target.rows, far == 1 ? "is" : "are", target.farthest, target.median, target.deviation);
  finding.remedy = {
      "Look at these rows: a typing error, another unit, a mark for a missing value? Mend or leave them out, "
      "or learn the target's logarithm."};
  return {.findings = {std::move(finding)}};
}

}  // namespace

extern const Rule target_outlier;
const Rule target_outlier{"target_outlier",
                          Subject::inputs,
                          &judge_target_outlier,
                          "the farthest targets from their median over the deviation of the others",
                          {&outlier_factor}};

}  // namespace relume::health::rule
