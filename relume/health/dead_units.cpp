// A rectifier's unit that never fires passes no gradient: it cannot come back by itself.
#include <algorithm>

#include "relume/base/require.h"
#include "relume/health/layer_rule.h"

namespace relume::health::rule {
namespace {

/// The check with the largest step that any weight matrix took, where that was too large.
const Check* largest_step(const Measurements& m, const Thresholds& thresholds, double& ratio) {
  const Check* found = nullptr;
  ratio = thresholds.large_update;
  for (const Check& check : m.checks)
    for (const WeightCheck& weight : check.weights)
      if (weight.update_ratio > ratio) {
        ratio = weight.update_ratio;
        found = &check;
      }
  return found;
}

struct Since {
  std::int64_t step = -1;  ///< from which on at least half of the units were dead; -1 where nobody followed them
  std::string text;
};

Since since(const LayerActivity& layer, const std::vector<std::int64_t>& units) {
  std::vector<std::int64_t> steps;
  for (const std::int64_t unit : units)
    if (static_cast<std::size_t>(unit) < layer.dead_since.size())
      steps.push_back(layer.dead_since[static_cast<std::size_t>(unit)]);
  if (steps.empty()) return {};
  std::sort(steps.begin(), steps.end());
  const std::int64_t step = steps[(steps.size() - 1) / 2];
  if (step <= 0) return {step, ""};
  return {step, fmt::format("{} since step {}", steps.back() == steps.front() ? "" : ", most of them", step)};
}

}  // namespace

Verdict dead_units(const Measurements& m, const Thresholds& thresholds) {
  Verdict verdict = find_units(m, thresholds, "dead_units", ActivationKind::rectifier,
                               [](const LayerActivity& layer, std::size_t j) { return layer.fired[j] == 0; });
  double ratio = 0;
  const Check* jump = largest_step(m, thresholds, ratio);
  for (Finding& finding : verdict.findings) {
    const double share = finding.evidence.back().second;
    finding.severity = grade(share, thresholds.dead_share);
    const auto layer = std::find_if(m.activity.begin(), m.activity.end(),
                                    [&](const LayerActivity& activity) { return activity.layer == finding.layer; });
    const Since beginning = since(*layer, finding.units);
    if (beginning.step >= 0) finding.step = beginning.step;
    finding.cause =
        fmt::format("{} of {} units never fired on {} rows{}, so that no gradient reaches their weights.",
                    finding.units.size(), finding.evidence[1].second, finding.evidence[2].second, beginning.text);
    if (finding.severity == Severity::info) {
      finding.remedy = "So few cost nothing; there is nothing to do.";
      continue;
    }
    if (jump) {
      finding.cause += fmt::format(" The step was too large at step {} (‖Δw‖/‖w‖ = {:.2g}).", jump->step, ratio);
      finding.evidence.emplace_back("update_ratio", ratio);
    }
    finding.remedy = jump ? fmt::format("Try --lr {:.1g} or --on-dead revive.", jump->lr / 10)
                          : "Try --on-dead revive or --activation leaky_relu.";
  }
  return verdict;
}

}  // namespace relume::health::rule
