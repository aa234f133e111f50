#include "relume/optim/lr_rule.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "relume/base/require.h"

namespace relume::optim {
namespace {

/// From `from` at t = 0 to `to` at t = 1 along half a cosine.
double along_cosine(double from, double to, double t) {
  return to + (from - to) * (1 + std::cos(std::numbers::pi * t)) / 2;
}

void require_steps(const char* rule, std::int64_t steps) { require(steps > 0, "{}: {} steps are none", rule, steps); }

void require_rising(const char* rule, const std::vector<std::int64_t>& milestones) {
  require(std::adjacent_find(milestones.begin(), milestones.end(), std::greater_equal<>()) == milestones.end(),
          "{}: each milestone must be larger than the one before it", rule);
}

}  // namespace

LrRule step_lr(std::int64_t every, double gamma) {
  require_steps("step_lr", every);
  return [=](double base, std::int64_t step) {
    const std::int64_t drops = step / every;
    return base * std::pow(gamma, static_cast<double>(drops));
  };
}

LrRule multi_step_lr(std::vector<std::int64_t> milestones, double gamma) {
  require_rising("multi_step_lr", milestones);
  return [milestones = std::move(milestones), gamma](double base, std::int64_t step) {
    const auto reached = std::upper_bound(milestones.begin(), milestones.end(), step) - milestones.begin();
    return base * std::pow(gamma, static_cast<double>(reached));
  };
}

LrRule exponential_lr(double gamma) {
  return [=](double base, std::int64_t step) { return base * std::pow(gamma, static_cast<double>(step)); };
}

LrRule linear_lr(double from, double to, std::int64_t steps) {
  require_steps("linear_lr", steps);
  return [=](double base, std::int64_t step) {
    const double t = static_cast<double>(std::min(step, steps)) / static_cast<double>(steps);
    return base * (from + (to - from) * t);
  };
}

LrRule cosine_annealing_lr(std::int64_t steps, double lowest) {
  require_steps("cosine_annealing_lr", steps);
  return [=](double base, std::int64_t step) {
    return along_cosine(base, lowest, static_cast<double>(step) / static_cast<double>(steps));
  };
}

LrRule cosine_warm_restarts_lr(std::int64_t first, std::int64_t factor, double lowest) {
  require_steps("cosine_warm_restarts_lr", first);
  require(factor >= 1, "cosine_warm_restarts_lr: a factor of {} is not at least 1", factor);
  return [=](double base, std::int64_t step) {
    std::int64_t length = first;
    if (factor == 1) {
      step %= length;
    } else {
      for (; step >= length; length *= factor) step -= length;
    }
    return along_cosine(base, lowest, static_cast<double>(step) / static_cast<double>(length));
  };
}

LrRule one_cycle_lr(std::int64_t steps, const OneCycleOptions& options) {
  require_steps("one_cycle_lr", steps);
  const auto last = static_cast<double>(steps - 1);
  const double top = options.rising * static_cast<double>(steps) - 1;
  return [=](double base, std::int64_t step) {
    const double begin = base / options.div_factor, at = std::min(static_cast<double>(step), last);
    if (at <= top) return along_cosine(begin, base, top > 0 ? at / top : 1.0);
    return along_cosine(base, begin / options.final_div_factor, last > top ? (at - top) / (last - top) : 1.0);
  };
}

LrRule sequential_lr(std::vector<LrRule> rules, std::vector<std::int64_t> milestones) {
  require(rules.size() == milestones.size() + 1, "sequential_lr: {} rules need {} milestones, not {}", rules.size(),
          rules.size() - 1, milestones.size());
  require_rising("sequential_lr", milestones);
  return [rules = std::move(rules), milestones = std::move(milestones)](double base, std::int64_t step) {
    const auto i = std::upper_bound(milestones.begin(), milestones.end(), step) - milestones.begin();
    const auto place = static_cast<std::size_t>(i);
    return rules[place](base, i > 0 ? step - milestones[place - 1] : step);
  };
}

LrRule chained_lr(std::vector<LrRule> rules) {
  return [rules = std::move(rules)](double base, std::int64_t step) {
    for (const LrRule& rule : rules) base = rule(base, step);
    return base;
  };
}

}  // namespace relume::optim
