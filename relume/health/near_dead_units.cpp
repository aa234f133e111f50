// A unit that fires on almost nothing learns from almost nothing. Rare features look like this too: only an info.
#include "relume/base/require.h"
#include "relume/health/layer_rule.h"

namespace relume::health::rule {
namespace {

/// Fires on less than this share of the window.
constexpr Threshold near_dead_rate{"near_dead_rate", 0.01};

Verdict judge_near_dead_units(const Measurements& m, const Thresholds& thresholds) {
  const double rate = thresholds[near_dead_rate];
  Verdict verdict = find_units(
      m, thresholds, "near_dead_units", ActivationKind::rectifier, [rate](const LayerActivity& layer, std::size_t j) {
        return layer.fired[j] > 0 && static_cast<double>(layer.fired[j]) < rate * static_cast<double>(layer.rows);
      });
  for (Finding& finding : verdict.findings) {
    finding.cause = fmt::format("{} of {} units fire on less than {:g} % of {} rows.", finding.units.size(),
                                finding.evidence[1].second, 100 * rate, finding.evidence[2].second);
    finding.remedy = {"Rare features look like this; if the loss is too high as well, try a smaller {}.", {{"lr", ""}}};
  }
  return verdict;
}

}  // namespace

extern const Rule near_dead_units;
const Rule near_dead_units{"near_dead_units",
                           Subject::units,
                           &judge_near_dead_units,
                           "a ReLU-like unit that fires on next to no rows",
                           {&least_rows, &near_dead_rate}};

}  // namespace relume::health::rule
