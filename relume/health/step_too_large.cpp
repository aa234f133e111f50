// A step that moves a weight matrix by more than a tenth of itself leaves behind what it had learned.
#include <algorithm>

#include "relume/base/require.h"
#include "relume/health/step_rule.h"

namespace relume::health::rule {
namespace {

Verdict judge_step_too_large(const Measurements& m, const Thresholds& thresholds) {
  Verdict verdict = too_few_checks(m, thresholds);
  for (std::size_t i = 0; i < m.weight_names.size(); ++i) {
    const auto checks = streak(
        m, thresholds, [&](const Check& check) { return check.weights[i].update_ratio > thresholds[large_update]; });
    if (checks.empty()) continue;
    double largest = 0;
    for (const Check& check : checks) largest = std::max(largest, check.weights[i].update_ratio);
    Finding finding;
    finding.rule = "step_too_large";
    finding.severity = Severity::warning;
    finding.layer = m.weight_names[i];
    finding.step = checks.front().step;
    finding.evidence = {
        {"update_ratio", largest}, {"lr", checks.back().lr}, {"checks", static_cast<double>(checks.size())}};
    const std::string by = largest < 10 ? fmt::format("{:.0f} % of itself", 100 * largest) : "many times its own size";
    finding.cause =
        fmt::format("steps move it by up to {} (‖Δw‖/‖w‖ = {:.2g}) since step {}.", by, largest, finding.step);
    if (is_decay(m, checks.back(), largest)) {
      finding.evidence.emplace_back("weight_decay", m.weight_decay);
      finding.cause +=
          fmt::format(" It is the weight decay of {:g}, which takes {:.2g} % off the weights at every step.",
                      m.weight_decay, 100 * checks.back().lr * m.weight_decay);
      finding.remedy = {"Try {}.", {advise_weight_decay()}};
    } else {
      // What explodes says no more of the rate than that it is far too large.
      finding.remedy = {"Try {}.", {advise_lr(m, 1 / std::clamp(10 * largest, 10.0, 100.0))}};
    }
    verdict.findings.push_back(std::move(finding));
  }
  return verdict;
}

}  // namespace

extern const Rule step_too_large;
const Rule step_too_large{"step_too_large",
                          Subject::steps,
                          &judge_step_too_large,
                          "‖Δw‖ / ‖w‖ of each weight matrix",
                          {&persistence, &large_update}};

}  // namespace relume::health::rule
