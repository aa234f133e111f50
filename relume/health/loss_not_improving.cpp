// The training loss has not left the place where it began, or is no better than that of a constant answer.
#include <algorithm>

#include "relume/base/require.h"
#include "relume/health/step_rule.h"

namespace relume::health::rule {

Verdict loss_not_improving(const Measurements& m, const Thresholds& thresholds) {
  if (m.checks.empty() || m.step < thresholds.learning_steps)
    return {.cannot_judge = fmt::format("not enough steps: {}, it takes {}", m.step, thresholds.learning_steps)};
  const Check& now = m.checks.back();
  double loss = now.smoothed_loss;
  if (!m.epochs.empty())
    loss = std::min_element(m.epochs.begin(), m.epochs.end(), [](const EpochLoss& a, const EpochLoss& b) {
             return a.train < b.train;
           })->train;
  const double start = std::min(m.first_loss, m.constant_loss.value_or(m.first_loss));
  const double bound = (1 - thresholds.least_improvement) * start;
  if (loss < bound) return {};
  Finding finding;
  finding.rule = "loss_not_improving";
  finding.severity = Severity::warning;
  finding.step = now.step;
  finding.evidence = {{"first_loss", m.first_loss}, {"loss", loss}, {"lr", now.lr}};
  if (m.constant_loss) finding.evidence.emplace_back("constant_loss", *m.constant_loss);
  finding.cause =
      m.constant_loss && *m.constant_loss < m.first_loss
          ? fmt::format(
                "after {} steps the training loss of {:.3g} is no better than that of a constant answer, {:.3g}.",
                m.step, loss, *m.constant_loss)
          : fmt::format("after {} steps the training loss is {:.3g}, and it began at {:.3g}.", m.step, loss,
                        m.first_loss);
  finding.remedy = fmt::format("Try --lr {:.1g} and --lr {:.1g}; if neither helps, the columns may say nothing.",
                               now.lr * 10, now.lr / 10);
  return {.findings = {std::move(finding)}};
}

}  // namespace relume::health::rule
