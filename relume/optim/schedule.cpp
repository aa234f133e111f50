#include "relume/optim/schedule.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "relume/base/require.h"

namespace relume::optim {
/// A row of the table.
struct Schedule::Kind {
  const char* name;
  double gamma;   ///< where none is given
  bool by_epoch;  ///< its rule counts epochs, not the steps after the warm-up
  bool observes;  ///< its rate is multiplied by gamma when observe() sees no better loss
  bool rises;     ///< its rule begins with the warm-up
  LrRule (*rule)(const ScheduleOptions& options, std::int64_t steps);  ///< steps: those after the warm-up
};

namespace {

LrRule constant(const ScheduleOptions&, std::int64_t) {
  return [](double base, std::int64_t) { return base; };
}

LrRule falling_cosine(const ScheduleOptions& o, std::int64_t steps) {
  return cosine_annealing_lr(std::max<std::int64_t>(steps - 1, 1), o.lr * o.final_fraction);
}

LrRule one_cycle(const ScheduleOptions& o, std::int64_t) {
  OneCycleOptions cycle;
  if (o.warmup_steps > 0)
    cycle.rising = std::min(1.0, static_cast<double>(o.warmup_steps) / static_cast<double>(o.total_steps));
  return one_cycle_lr(o.total_steps, cycle);
}

}  // namespace

// The list of the schedules: a new one is a row here, its rule in lr_rule.h or in a file of its own.
const Schedule::Kind Schedule::kinds[] = {
    {"none", 1, false, false, false, constant},
    {"step", 0.1, true, false, false, [](const auto& o, std::int64_t) { return step_lr(o.step_epochs, o.gamma); }},
    {"exponential", 0.95, true, false, false, [](const auto& o, std::int64_t) { return exponential_lr(o.gamma); }},
    {"cosine", 1, false, false, false, falling_cosine},
    {"plateau", 0.5, false, true, false, constant},
    {"onecycle", 1, false, false, true, one_cycle},
};

std::vector<std::string> schedule_names() {
  std::vector<std::string> names;
  for (const Schedule::Kind& kind : Schedule::kinds) names.emplace_back(kind.name);
  return names;
}

const Schedule::Kind& Schedule::find(const std::string& name) {
  for (const Kind& kind : kinds)
    if (kind.name == name) return kind;
  fail("schedule: \"{}\" is not one of {}", name, fmt::join(schedule_names(), ", "));
}

Schedule::Schedule(const ScheduleOptions& options) : kind_(&find(options.kind)), options_(options) {
  require(std::isfinite(options.lr) && options.lr > 0, "schedule: a learning rate of {} is not a positive number",
          options.lr);
  options_.total_steps = std::max<std::int64_t>(options.total_steps, 1);
  options_.epoch_steps = std::max<std::int64_t>(options.epoch_steps, 1);
  const std::int64_t epochs = (options_.total_steps + options_.epoch_steps - 1) / options_.epoch_steps;
  if (options_.step_epochs <= 0) options_.step_epochs = std::max<std::int64_t>((epochs + 2) / 3, 1);
  if (options_.gamma <= 0) options_.gamma = kind_->gamma;
  rule_ = kind_->rule(options_, std::max<std::int64_t>(options_.total_steps - options_.warmup_steps, 1));
  if (kind_->rises) options_.warmup_steps = 0;
}

double Schedule::rate(std::int64_t step) const {
  const double lr = options_.lr;
  if (step < options_.warmup_steps)
    return lr * static_cast<double>(step + 1) / static_cast<double>(options_.warmup_steps);
  if (kind_->by_epoch) return rule_(lr, step / options_.epoch_steps);
  const std::int64_t last = std::max<std::int64_t>(options_.total_steps - options_.warmup_steps - 1, 1);
  return memory_.factor * rule_(lr, std::min(step - options_.warmup_steps, last));
}

void Schedule::observe(double loss) {
  if (!kind_->observes) return;
  if (memory_.waited < 0 || loss < memory_.best * (1 - 1e-4)) {
    memory_.best = loss;
    memory_.waited = 0;
  } else if (++memory_.waited > options_.patience) {
    memory_.factor *= options_.gamma;
    memory_.waited = 0;
  }
}

}  // namespace relume::optim
