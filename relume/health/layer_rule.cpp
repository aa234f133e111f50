#include "relume/health/layer_rule.h"

#include <algorithm>

#include "relume/base/require.h"

namespace relume::health {

Severity grade(double share, const Thresholds& thresholds) {
  if (share >= thresholds[dead_share_error]) return Severity::error;
  return share >= thresholds[dead_share_warning] ? Severity::warning : Severity::info;
}

Verdict find_units(const Measurements& m, const Thresholds& thresholds, std::string_view rule, ActivationKind kind,
                   FunctionRef<bool(const LayerActivity&, std::size_t)> is_sick) {
  Verdict verdict;
  for (const LayerActivity& layer : m.activity) {
    if (layer.kind != kind) continue;
    if (layer.rows < thresholds.count(least_rows)) {
      verdict.cannot_judge =
          fmt::format("not enough evidence: {} rows, it takes {}", layer.rows, thresholds.count(least_rows));
      continue;
    }
    Finding finding;
    finding.rule = rule;
    finding.layer = layer.layer;
    finding.step = m.step;
    for (std::size_t j = 0; j < layer.fired.size(); ++j)
      if (is_sick(layer, j)) finding.units.push_back(static_cast<std::int64_t>(j));
    if (finding.units.empty()) continue;
    const auto sick = static_cast<double>(finding.units.size()), units = static_cast<double>(layer.fired.size());
    finding.evidence = {
        {"found", sick}, {"units", units}, {"rows", static_cast<double>(layer.rows)}, {"share", sick / units}};
    verdict.findings.push_back(std::move(finding));
  }
  if (m.activity.empty()) verdict.cannot_judge = "no activations were watched";
  return verdict;
}

}  // namespace relume::health
