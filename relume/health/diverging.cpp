// The training loss rises again from where it was and stays there.
#include "relume/base/require.h"
#include "relume/health/step_rule.h"

namespace relume::health::rule {
namespace {

/// Smoothed loss over the lowest one.
constexpr Threshold diverging_factor{"diverging_factor", 1.5};
/// The rise, as a share of the first loss.
constexpr Threshold diverging_share{"diverging_share", 0.25};

Verdict judge_diverging(const Measurements& m, const Thresholds& thresholds) {
  Verdict verdict = too_few_checks(m, thresholds);
  // A loss of nearly nothing that doubles is still nearly nothing: the rise counts against the first loss as well.
  const auto checks = long_streak(m, thresholds, [&](const Check& check) {
    return check.smoothed_loss > thresholds[diverging_factor] * check.lowest_loss &&
           check.smoothed_loss - check.lowest_loss > thresholds[diverging_share] * m.first_loss;
  });
  if (checks.empty()) return verdict;
  const Check& now = checks.back();
  Finding finding;
  finding.rule = "diverging";
  finding.severity = Severity::warning;
  finding.step = checks.front().step;
  finding.evidence = {{"loss", now.smoothed_loss}, {"lowest_loss", now.lowest_loss}, {"lr", now.lr}};
  finding.cause = fmt::format("the training loss rose from {:.3g} to {:.3g} and stays there since step {}.",
                              now.lowest_loss, now.smoothed_loss, finding.step);
  finding.remedy = {"Try {} or {}.", {advise_lr(m, 0.1), {"clip", "1"}}};
  verdict.findings.push_back(std::move(finding));
  return verdict;
}

}  // namespace

extern const Rule diverging;
const Rule diverging{"diverging",
                     Subject::state,
                     &judge_diverging,
                     "the smoothed training loss over the lowest it has been",
                     {&persistence, &persistence_steps, &diverging_factor, &diverging_share}};

}  // namespace relume::health::rule
