// Steps so small that nothing moves, though there is something to learn.
#include <algorithm>

#include "relume/base/require.h"
#include "relume/health/step_rule.h"

namespace relume::health::rule {
namespace {

/// ‖Δw‖ / ‖w‖.
constexpr Threshold small_update{"small_update", 1e-6};
/// Below this share of the full rate the schedule is the cause.
constexpr Threshold scheduled_lr_share{"scheduled_lr_share", 0.1};

Verdict judge_step_too_small(const Measurements& m, const Thresholds& thresholds) {
  Verdict verdict = too_few_checks(m, thresholds);
  const auto checks = long_streak(m, thresholds, [&](const Check& check) {
    const bool scheduled = check.lr < thresholds[scheduled_lr_share] * m.full_lr;
    const bool learned = check.smoothed_loss < thresholds[learned_share] * m.first_loss;
    // Where no gradient arrives at all no rate would move anything.
    return !scheduled && !learned && !is_zero_gradient(check) &&
           std::all_of(check.weights.begin(), check.weights.end(),
                       [&](const WeightCheck& w) { return w.update_ratio < thresholds[small_update]; });
  });
  if (checks.empty() || m.weight_names.empty()) return verdict;
  double largest = 0;
  for (const WeightCheck& weight : checks.back().weights) largest = std::max(largest, weight.update_ratio);
  Finding finding;
  finding.rule = "step_too_small";
  finding.severity = Severity::warning;
  finding.step = checks.front().step;
  finding.evidence = {{"update_ratio", largest}, {"lr", checks.back().lr}};
  finding.cause =
      fmt::format("no weight matrix moves by more than {:.1e} of itself a step since step {}.", largest, finding.step);
  // Steps of a thousandth of the weights learn well, and they grow with the rate.
  finding.remedy = {"Try {}.", {advise_lr(m, std::clamp(1e-3 / std::max(largest, 1e-12), 100.0, 1e9))}};
  verdict.findings.push_back(std::move(finding));
  return verdict;
}

}  // namespace

extern const Rule step_too_small;
const Rule step_too_small{"step_too_small",
                          Subject::steps,
                          &judge_step_too_small,
                          "‖Δw‖ / ‖w‖ of all weight matrices, while the loss has where to go",
                          {&persistence, &persistence_steps, &small_update, &scheduled_lr_share, &learned_share}};

}  // namespace relume::health::rule
