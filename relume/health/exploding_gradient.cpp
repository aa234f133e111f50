// The gradient grows without bound, or is no number any more.
#include <algorithm>
#include <cmath>

#include "relume/base/require.h"
#include "relume/health/step_rule.h"

namespace relume::health::rule {
namespace {

/// Norm over the median of the last `exploding_steps` steps.
constexpr Threshold exploding_factor{"exploding_factor", 100};
constexpr Threshold exploding_steps{"exploding_steps", 200, true};

constexpr std::ptrdiff_t least_window = 4;  // checks: a median of fewer says nothing

/// The median norm and the smoothed loss at the start of the steps before the check at `index`.
struct Window {
  double median = 0;
  double loss = 0;
};

std::optional<Window> window_before(const Measurements& m, std::size_t index, std::int64_t steps) {
  const auto end = m.checks.begin() + static_cast<std::ptrdiff_t>(index);
  const auto begin = std::find_if(m.checks.begin(), end, [&](const Check& c) { return c.step >= end->step - steps; });
  if (end - begin < least_window) return std::nullopt;
  std::vector<double> norms;
  for (auto check = begin; check != end; ++check)
    if (!std::isnan(check->gradient_norm)) norms.push_back(check->gradient_norm);
  if (norms.empty()) return std::nullopt;
  std::nth_element(norms.begin(), norms.begin() + static_cast<std::ptrdiff_t>(norms.size() / 2), norms.end());
  return Window{norms[norms.size() / 2], begin->smoothed_loss};
}

Finding not_finite(const Measurements& m) {
  const double lr = m.checks.empty() ? m.full_lr : m.checks.back().lr;
  Finding finding;
  finding.rule = "exploding_gradient";
  finding.severity = Severity::error;
  finding.step = *m.not_finite_step;
  finding.evidence = {{"step", static_cast<double>(finding.step)}, {"lr", lr}};
  finding.cause = fmt::format(
      "the loss or a gradient stopped being a number at step {} with a learning rate of {:.3g}.", finding.step, lr);
  finding.remedy = {std::string(m.keeps_best ? "The best weights from before were kept. " : "") + "Try {}, {} or {}.",
                    {advise_lr(m, 0.1), {"clip", "1"}, {"on_explode", "backoff"}}};
  return finding;
}

Verdict judge_exploding_gradient(const Measurements& m, const Thresholds& thresholds) {
  if (m.not_finite_step) return {.findings = {not_finite(m)}};
  Verdict verdict = too_few_checks(m, thresholds);
  const auto count = static_cast<std::size_t>(thresholds.count(persistence));
  if (m.checks.size() < count) return verdict;
  // One window for all of the streak: its own large norms must not raise the median that they are held against.
  const std::size_t first = m.checks.size() - count;
  const auto window = window_before(m, first, thresholds.count(exploding_steps));
  if (!window) return {.cannot_judge = "not enough steps before for a median of the gradient"};
  const Check& now = m.checks.back();
  const bool large =
      std::all_of(m.checks.begin() + static_cast<std::ptrdiff_t>(first), m.checks.end(), [&](const Check& check) {
        return check.gradient_norm > thresholds[exploding_factor] * window->median &&
               check.smoothed_loss > window->loss;
      });
  const bool lasts = now.step - m.checks[first].step >= thresholds.count(persistence_steps);
  if (!large || !lasts || window->median <= 0) return verdict;
  Finding finding;
  finding.rule = "exploding_gradient";
  // The smoothed loss stands above that of the window's start: it has not improved meanwhile.
  finding.severity = Severity::error;
  finding.step = m.checks[first].step;
  finding.evidence = {{"norm", now.gradient_norm}, {"median", window->median}, {"lr", now.lr}};
  finding.cause = fmt::format("the gradient's norm is {:.0f} times its median since step {}, and the loss rises.",
                              now.gradient_norm / window->median, finding.step);
  finding.remedy = {"Try {} or {}.", {{"clip", fmt::format("{:.1g}", 2 * window->median)}, advise_lr(m, 0.1)}};
  verdict.findings.push_back(std::move(finding));
  return verdict;
}

}  // namespace

extern const Rule exploding_gradient;
const Rule exploding_gradient{
    "exploding_gradient",
    Subject::steps,
    &judge_exploding_gradient,
    "the gradient's norm over its median of the steps before; whether loss and gradient are numbers",
    {&persistence, &persistence_steps, &exploding_factor, &exploding_steps}};

}  // namespace relume::health::rule
