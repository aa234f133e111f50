// A gradient of exactly 0 in every weight matrix: no rate would move anything.
#include "relume/base/require.h"
#include "relume/health/step_rule.h"

namespace relume::health::rule {
namespace {

Verdict judge_zero_gradient(const Measurements& m, const Thresholds& thresholds) {
  Verdict verdict = too_few_checks(m, thresholds);
  const auto checks = zero_gradients(m, thresholds);
  if (checks.empty()) return verdict;
  Finding finding;
  finding.rule = "zero_gradient";
  finding.severity = Severity::error;
  finding.step = checks.front().step;
  finding.evidence = {{"checks", static_cast<double>(checks.size())}, {"loss", checks.back().smoothed_loss}};
  finding.cause = fmt::format(
      "the gradient of every weight matrix is exactly 0 since step {}, with a loss of {:.3g}: every path through the "
      "network is cut, by units that are dead or pressed against a flat bound.",
      finding.step, checks.back().smoothed_loss);
  finding.remedy = {"Try {}, another start, or no activation after the last layer.", {{"activation", "leaky_relu"}}};
  verdict.findings.push_back(std::move(finding));
  return verdict;
}

}  // namespace

extern const Rule zero_gradient;
const Rule zero_gradient{"zero_gradient",
                         Subject::steps,
                         &judge_zero_gradient,
                         "whether any gradient reaches a weight matrix",
                         {&persistence, &persistence_steps, &learned_share}};

}  // namespace relume::health::rule
