#include "relume/health/dead_units.h"

#include "relume/base/require.h"

namespace relume::health {

std::vector<Finding> find_dead_units(const UnitActivity& activity, std::int64_t step, const DeadUnitsOptions& options) {
  std::vector<Finding> findings;
  for (const LayerActivity& layer : activity.layers()) {
    std::vector<std::int64_t> dead = layer.dead_units();
    if (layer.rows < options.least_rows || dead.empty()) continue;
    const double share = static_cast<double>(dead.size()) / static_cast<double>(layer.fired.size());
    Finding finding;
    finding.rule = "dead_units";
    finding.severity = share >= options.error_share     ? Severity::error
                       : share >= options.warning_share ? Severity::warning
                                                        : Severity::info;
    finding.layer = layer.layer;
    finding.step = step;
    finding.evidence = {{"dead", static_cast<double>(dead.size())},
                        {"units", static_cast<double>(layer.fired.size())},
                        {"rows", static_cast<double>(layer.rows)},
                        {"share", share}};
    finding.cause = fmt::format(
        "{} of {} units never fired on {} rows, so that no gradient reaches their weights; "
        "steps that were too large push units there.",
        dead.size(), layer.fired.size(), layer.rows);
    finding.remedy = share >= options.warning_share ? "Try a smaller --lr or --activation leaky_relu."
                                                    : "So few cost nothing; there is nothing to do.";
    finding.units = std::move(dead);
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace relume::health
