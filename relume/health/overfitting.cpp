// The validation loss rises while the training loss falls: what is learned is the rows, not what they have in common.
#include <algorithm>
#include <cmath>

#include "relume/base/require.h"
#include "relume/health/rule.h"

namespace relume::health::rule {
namespace {

/// Validation loss over its best, relative.
constexpr Threshold overfitting_rise{"overfitting_rise", 0.25};
/// The rise, as a share of the first loss.
constexpr Threshold overfitting_share{"overfitting_share", 0.02};
/// Epochs in a row.
constexpr Threshold overfitting_epochs{"overfitting_epochs", 3, true};

Verdict judge_overfitting(const Measurements& m, const Thresholds& thresholds) {
  const auto n = static_cast<std::int64_t>(m.epochs.size());
  if (n <= thresholds.count(overfitting_epochs) || !m.epochs.back().valid)
    return {.cannot_judge = fmt::format("not enough epochs with a validation loss: {}, it takes {}", n,
                                        thresholds.count(overfitting_epochs) + 1)};
  const auto best = std::min_element(m.epochs.begin(), m.epochs.end(), [](const EpochLoss& a, const EpochLoss& b) {
    return a.valid.value_or(HUGE_VAL) < b.valid.value_or(HUGE_VAL);
  });
  // Between two losses of nearly nothing there is no difference that matters.
  const double bound = *best->valid + std::max(thresholds[overfitting_rise] * *best->valid,
                                               thresholds[overfitting_share] * m.first_loss);
  const bool rises =
      std::all_of(m.epochs.end() - thresholds.count(overfitting_epochs), m.epochs.end(),
                  [&](const EpochLoss& e) { return e.valid && *e.valid > bound && e.train < best->train; });
  if (!rises) return {};
  const EpochLoss& now = m.epochs.back();
  const auto epoch = best - m.epochs.begin() + 1;
  Finding finding;
  finding.rule = "overfitting";
  // Where the weights of the best epoch are kept and are good, what came after it did no harm.
  const bool harmless = m.keeps_best && m.constant_valid_loss && 2 * *best->valid < *m.constant_valid_loss;
  finding.severity = harmless ? Severity::info : Severity::warning;
  finding.step = m.step;
  finding.evidence = {{"best_epoch", static_cast<double>(epoch)},
                      {"best_valid_loss", *best->valid},
                      {"valid_loss", *now.valid},
                      {"train_loss", now.train}};
  finding.cause = fmt::format(
      "since epoch {} the validation loss rose from {:.3g} to {:.3g}, the training loss fell from {:.3g} to {:.3g}.",
      epoch, *best->valid, *now.valid, best->train, now.train);
  finding.remedy = {std::string(m.keeps_best ? "The best weights are kept. For better ones: "
                                             : "Keep the weights of the best epoch. For better ones: ") +
                        "more rows, dropout, {} or a smaller network.",
                    {{"weight_decay", ""}}};
  return {.findings = {std::move(finding)}};
}

}  // namespace

extern const Rule overfitting;
const Rule overfitting{"overfitting",
                       Subject::state,
                       &judge_overfitting,
                       "the validation loss over its best, while the training loss falls",
                       {&overfitting_rise, &overfitting_share, &overfitting_epochs}};

}  // namespace relume::health::rule
