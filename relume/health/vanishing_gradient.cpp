// The gradient fades on its way back to the first layer, which then hardly learns.
#include "relume/base/require.h"
#include "relume/health/step_rule.h"

namespace relume::health::rule {
namespace {

/// RMS of the first weight matrix over the last one's.
constexpr Threshold vanishing_ratio{"vanishing_ratio", 1e-3};

Verdict judge_vanishing_gradient(const Measurements& m, const Thresholds& thresholds) {
  if (m.weight_names.size() < 2) return {.cannot_judge = "fewer than two weight matrices"};
  Verdict verdict = too_few_checks(m, thresholds);
  const auto checks = long_streak(m, thresholds, [&](const Check& check) {
    // A weight that is not trained has no gradient that could fade: the comparison with NaN is false.
    const double last = check.weights.back().gradient_rms;
    return last > 0 && check.weights.front().gradient_rms < thresholds[vanishing_ratio] * last;
  });
  if (checks.empty()) return verdict;
  const WeightCheck &first = checks.back().weights.front(), &last = checks.back().weights.back();
  const double ratio = first.gradient_rms / last.gradient_rms;
  Finding finding;
  finding.rule = "vanishing_gradient";
  finding.severity = loss_fell(checks) ? Severity::warning : Severity::error;
  finding.layer = m.weight_names.front();
  finding.step = checks.front().step;
  finding.evidence = {{"first_rms", first.gradient_rms},
                      {"last_rms", last.gradient_rms},
                      {"ratio", ratio},
                      {"checks", static_cast<double>(checks.size())}};
  finding.cause =
      fmt::format("the gradient of {} is {:.1e} of that of {} since step {}: it fades over the {} layers.",
                  m.weight_names.front(), ratio, m.weight_names.back(), checks.front().step, m.weight_names.size());
  finding.remedy = {"Try {} (or elu, selu) or fewer layers.", {{"activation", "relu"}}};
  verdict.findings.push_back(std::move(finding));
  return verdict;
}

}  // namespace

extern const Rule vanishing_gradient;
const Rule vanishing_gradient{"vanishing_gradient",
                              Subject::steps,
                              &judge_vanishing_gradient,
                              "the gradient's RMS in the first weight matrix over that in the last",
                              {&persistence, &persistence_steps, &vanishing_ratio}};

}  // namespace relume::health::rule
