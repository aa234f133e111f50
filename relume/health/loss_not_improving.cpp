// The training loss has not left the place where it began, or is no better than that of a constant answer.
#include <algorithm>
#include <cmath>

#include "relume/base/require.h"
#include "relume/health/step_rule.h"

namespace relume::health::rule {
namespace {

/// No verdict before, unless the run is over.
constexpr Threshold learning_steps{"learning_steps", 300, true};

constexpr double usual_steps = 2000;  // of a run on a small table, at least

/// More epochs for a run that ended early, other rates for one that stood still.
Remedy remedy(const Measurements& m, const Thresholds& thresholds) {
  if (m.step < thresholds.count(learning_steps) && !m.epochs.empty()) {
    const double epochs = std::ceil(usual_steps / static_cast<double>(m.step) * static_cast<double>(m.epochs.size()));
    return {"So few steps are seldom enough. Try {}.", {{"epochs", fmt::format("{:.0f}", epochs)}}};
  }
  return {"Try {} and {}; if neither helps, the columns may say nothing.", {advise_lr(m, 10), advise_lr(m, 0.1)}};
}

Finding finding_of(const Measurements& m, const Thresholds& thresholds, double loss, std::string cause) {
  const Check& now = m.checks.back();
  Finding finding;
  finding.rule = "loss_not_improving";
  finding.severity = Severity::warning;
  finding.step = now.step;
  finding.evidence = {{"first_loss", m.first_loss}, {"loss", loss}, {"lr", now.lr}};
  finding.cause = std::move(cause);
  finding.remedy = remedy(m, thresholds);
  return finding;
}

/// The lowest validation loss, where each epoch had one.
std::optional<double> lowest_valid(const Measurements& m) {
  std::optional<double> lowest;
  for (const EpochLoss& epoch : m.epochs) {
    if (!epoch.valid) return std::nullopt;
    lowest = std::min(lowest.value_or(*epoch.valid), *epoch.valid);
  }
  return lowest;
}

Verdict judge_loss_not_improving(const Measurements& m, const Thresholds& thresholds) {
  if (m.checks.empty() || (m.step < thresholds.count(learning_steps) && !m.ended))
    return {.cannot_judge = fmt::format("not enough steps: {}, it takes {}", m.step, thresholds.count(learning_steps))};
  const Check& now = m.checks.back();
  double loss = now.smoothed_loss;
  if (!m.epochs.empty())
    loss = std::min_element(m.epochs.begin(), m.epochs.end(), [](const EpochLoss& a, const EpochLoss& b) {
             return a.train < b.train;
           })->train;
  const double start = std::min(m.first_loss, m.constant_loss.value_or(m.first_loss));
  const double bound = (1 - thresholds[least_improvement]) * start;
  if (loss >= bound) {
    const bool constant = m.constant_loss && *m.constant_loss < m.first_loss;
    Finding finding = finding_of(
        m, thresholds, loss,
        constant
            ? fmt::format(
                  "after {} steps the training loss of {:.3g} is no better than that of a constant answer, {:.3g}.",
                  m.step, loss, *m.constant_loss)
            : fmt::format("after {} steps the training loss is {:.3g}, and it began at {:.3g}.", m.step, loss,
                          m.first_loss));
    if (m.constant_loss) finding.evidence.emplace_back("constant_loss", *m.constant_loss);
    return {.findings = {std::move(finding)}};
  }
  // What is learned of the training rows may hold for no others.
  const std::optional<double> valid = lowest_valid(m);
  if (!m.constant_valid_loss || !valid || *valid < (1 - thresholds[least_improvement]) * *m.constant_valid_loss)
    return {};
  Finding finding = finding_of(
      m, thresholds, loss,
      fmt::format("after {} steps the validation loss has never been better than {:.3g}, and that of a constant answer "
                  "is {:.3g}: what is learned of the training rows does not hold for others.",
                  m.step, *valid, *m.constant_valid_loss));
  finding.evidence.emplace_back("valid_loss", *valid);
  finding.evidence.emplace_back("constant_loss", *m.constant_valid_loss);
  return {.findings = {std::move(finding)}};
}

}  // namespace

extern const Rule loss_not_improving;
const Rule loss_not_improving{"loss_not_improving",
                              Subject::state,
                              &judge_loss_not_improving,
                              "the training loss beside the first one and beside the best constant answer's",
                              {&learning_steps, &least_improvement}};

}  // namespace relume::health::rule
