// A bounded activation pressed against its bounds has next to no slope, and its unit hardly learns.
#include "relume/base/require.h"
#include "relume/health/layer_rule.h"

namespace relume::health::rule {
namespace {

/// Of the window.
constexpr Threshold saturated_rate{"saturated_rate", 0.95};

Verdict judge_saturated_units(const Measurements& m, const Thresholds& thresholds) {
  const double rate = thresholds[saturated_rate];
  Verdict verdict = find_units(
      m, thresholds, "saturated_units", ActivationKind::bounded, [rate](const LayerActivity& layer, std::size_t j) {
        return static_cast<double>(layer.saturated[j]) >= rate * static_cast<double>(layer.rows);
      });
  for (Finding& finding : verdict.findings) {
    finding.severity =
        finding.evidence.back().second >= thresholds[dead_share_warning] ? Severity::warning : Severity::info;
    finding.cause =
        fmt::format("{} of {} units are pressed against their bounds on at least {:g} % of {} rows.",
                    finding.units.size(), finding.evidence[1].second, 100 * rate, finding.evidence[2].second);
    if (finding.severity == Severity::info)
      finding.remedy = {fmt::format("So few cost little; {}", nothing_to_do)};
    else
      finding.remedy = {"Try a smaller {}, inputs of mean 0 and deviation 1, or {}.",
                        {{"lr", ""}, {"activation", "relu"}}};
  }
  return verdict;
}

}  // namespace

extern const Rule saturated_units;
const Rule saturated_units{"saturated_units",
                           Subject::units,
                           &judge_saturated_units,
                           "a unit of sigmoid, tanh and the like whose slope is nearly nothing on nearly all rows",
                           {&least_rows, &dead_share_warning, &saturated_rate}};

}  // namespace relume::health::rule
