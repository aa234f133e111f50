#include "relume/health/step_rule.h"

#include "relume/base/require.h"

namespace relume::health {

std::span<const Check> streak(const Measurements& m, const Thresholds& thresholds,
                              FunctionRef<bool(const Check&)> holds) {
  std::size_t count = 0;
  while (count < m.checks.size() && holds(m.checks[m.checks.size() - 1 - count])) ++count;
  if (static_cast<std::int64_t>(count) < thresholds.persistence) return {};
  return std::span(m.checks).last(count);
}

std::span<const Check> long_streak(const Measurements& m, const Thresholds& thresholds,
                                   FunctionRef<bool(const Check&)> holds) {
  const auto checks = streak(m, thresholds, holds);
  const bool lasts = !checks.empty() && checks.back().step - checks.front().step >= thresholds.persistence_steps;
  return lasts ? checks : std::span<const Check>{};
}

bool loss_fell(std::span<const Check> checks) {
  return checks.back().smoothed_loss < 0.9 * checks.front().smoothed_loss;
}

Verdict too_few_checks(const Measurements& m, const Thresholds& thresholds) {
  const auto count = static_cast<std::int64_t>(m.checks.size());
  if (count >= thresholds.persistence) return {};
  return {.cannot_judge = fmt::format("not enough steps: {} checks, it takes {}", count, thresholds.persistence)};
}

}  // namespace relume::health
