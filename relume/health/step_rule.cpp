#include "relume/health/step_rule.h"

#include <algorithm>
#include <cmath>

#include "relume/base/require.h"

namespace relume::health {

std::span<const Check> streak(const Measurements& m, const Thresholds& thresholds,
                              FunctionRef<bool(const Check&)> holds) {
  std::size_t count = 0;
  while (count < m.checks.size() && holds(m.checks[m.checks.size() - 1 - count])) ++count;
  if (static_cast<std::int64_t>(count) < thresholds.count(persistence)) return {};
  return std::span(m.checks).last(count);
}

std::span<const Check> long_streak(const Measurements& m, const Thresholds& thresholds,
                                   FunctionRef<bool(const Check&)> holds) {
  const auto checks = streak(m, thresholds, holds);
  const bool lasts = !checks.empty() && checks.back().step - checks.front().step >= thresholds.count(persistence_steps);
  return lasts ? checks : std::span<const Check>{};
}

bool is_zero_gradient(const Check& check) {
  bool any = false;
  for (const WeightCheck& weight : check.weights) {
    if (std::isnan(weight.gradient_rms)) continue;
    if (weight.gradient_rms != 0) return false;
    any = true;
  }
  return any;
}

std::span<const Check> zero_gradients(const Measurements& m, const Thresholds& thresholds) {
  const auto checks = long_streak(m, thresholds, [&](const Check& check) {
    return is_zero_gradient(check) && check.smoothed_loss > thresholds[learned_share] * m.first_loss;
  });
  // A bias alone may still move for a while.
  const auto needed = static_cast<std::size_t>(2 * thresholds.count(persistence));
  return checks.size() < needed || loss_fell(checks.last(needed)) ? std::span<const Check>{} : checks;
}

double advised_lr(const Measurements& m, double factor) {
  constexpr double smallest = 1e-6, largest = 0.1;
  const double base = m.full_lr > 0 ? m.full_lr : m.checks.empty() ? 1e-3 : m.checks.back().lr;
  const double sane = std::clamp(base * factor, smallest, largest);
  return (sane < base) == (factor < 1) ? sane : base * factor;
}

std::pair<std::string, std::string> advise_lr(const Measurements& m, double factor) {
  return {"lr", fmt::format("{:.1g}", advised_lr(m, factor))};
}

bool is_decay(const Measurements& m, const Check& check, double update_ratio) {
  return m.weight_decay > 0 && 2 * check.lr * m.weight_decay > update_ratio;
}

std::pair<std::string, std::string> advise_weight_decay() { return {"weight_decay", "0.01"}; }

bool loss_fell(std::span<const Check> checks) {
  return checks.back().smoothed_loss < 0.9 * checks.front().smoothed_loss;
}

Verdict too_few_checks(const Measurements& m, const Thresholds& thresholds) {
  const auto count = static_cast<std::int64_t>(m.checks.size());
  if (count >= thresholds.count(persistence)) return {};
  return {.cannot_judge =
              fmt::format("not enough steps: {} checks, it takes {}", count, thresholds.count(persistence))};
}

}  // namespace relume::health
