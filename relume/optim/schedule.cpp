#include "relume/optim/schedule.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "relume/base/require.h"

namespace relume::optim {
namespace {

constexpr std::array<std::string_view, 6> names = {"none", "step", "exponential", "cosine", "plateau", "onecycle"};

/// What the rate does after the warm-up: a rule over epochs for step and exponential, over steps for the rest.
LrRule rule_of(const ScheduleOptions& o) {
  const std::int64_t rest = std::max<std::int64_t>(o.total_steps - o.warmup_steps, 1);
  const std::int64_t last = std::max<std::int64_t>(rest - 1, 1);
  switch (o.kind) {
    case ScheduleKind::step: return step_lr(o.step_epochs, o.gamma);
    case ScheduleKind::exponential: return exponential_lr(o.gamma);
    case ScheduleKind::cosine: return cosine_annealing_lr(last, o.lr * o.final_fraction);
    case ScheduleKind::onecycle: return one_cycle_lr(rest);
    default: return [](double base, std::int64_t) { return base; };
  }
}

}  // namespace

ScheduleKind schedule_from_name(std::string_view wanted) {
  const auto found = std::find(names.begin(), names.end(), wanted);
  require(found != names.end(), "schedule: \"{}\" is not one of none, step, exponential, cosine, plateau, onecycle",
          wanted);
  return static_cast<ScheduleKind>(found - names.begin());
}

std::string_view name(ScheduleKind kind) { return names[static_cast<std::size_t>(kind)]; }

Schedule::Schedule(const ScheduleOptions& options) : options_(options) {
  require(std::isfinite(options.lr) && options.lr > 0, "schedule: a learning rate of {} is not a positive number",
          options.lr);
  options_.total_steps = std::max<std::int64_t>(options.total_steps, 1);
  options_.epoch_steps = std::max<std::int64_t>(options.epoch_steps, 1);
  const std::int64_t epochs = (options_.total_steps + options_.epoch_steps - 1) / options_.epoch_steps;
  if (options_.step_epochs <= 0) options_.step_epochs = std::max<std::int64_t>((epochs + 2) / 3, 1);
  if (options_.gamma <= 0)
    options_.gamma = options.kind == ScheduleKind::exponential ? 0.95
                     : options.kind == ScheduleKind::plateau   ? 0.5
                                                               : 0.1;
  rule_ = rule_of(options_);
}

double Schedule::rate(std::int64_t step) const {
  const double lr = options_.lr;
  if (step < options_.warmup_steps)
    return lr * static_cast<double>(step + 1) / static_cast<double>(options_.warmup_steps);
  const bool by_epoch = options_.kind == ScheduleKind::step || options_.kind == ScheduleKind::exponential;
  if (by_epoch) return rule_(lr, step / options_.epoch_steps);
  if (options_.kind == ScheduleKind::plateau) return lr * memory_.factor;
  const std::int64_t last = std::max<std::int64_t>(options_.total_steps - options_.warmup_steps - 1, 1);
  return rule_(lr, std::min(step - options_.warmup_steps, last));
}

void Schedule::observe(double loss) {
  if (options_.kind != ScheduleKind::plateau) return;
  if (memory_.waited < 0 || loss < memory_.best * (1 - 1e-4)) {
    memory_.best = loss;
    memory_.waited = 0;
  } else if (++memory_.waited > options_.patience) {
    memory_.factor *= options_.gamma;
    memory_.waited = 0;
  }
}

}  // namespace relume::optim
