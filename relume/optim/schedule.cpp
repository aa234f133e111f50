#include "relume/optim/schedule.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "relume/base/require.h"

namespace relume::optim {
namespace {

constexpr std::array<std::string_view, 6> names = {"none", "step", "exponential", "cosine", "plateau", "onecycle"};

/// From `from` at t = 0 to `to` at t = 1 along half a cosine.
double along_cosine(double from, double to, double t) {
  return to + (from - to) * (1 + std::cos(std::numbers::pi * t)) / 2;
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
}

double Schedule::rate(std::int64_t step) const {
  const double lr = options_.lr;
  if (step < options_.warmup_steps)
    return lr * static_cast<double>(step + 1) / static_cast<double>(options_.warmup_steps);
  const std::int64_t epoch = step / options_.epoch_steps;
  const std::int64_t rest = std::max<std::int64_t>(options_.total_steps - options_.warmup_steps - 1, 1);
  const double t = std::min(1.0, static_cast<double>(step - options_.warmup_steps) / static_cast<double>(rest));
  switch (options_.kind) {
    case ScheduleKind::step: {
      const std::int64_t drops = epoch / options_.step_epochs;
      return lr * std::pow(options_.gamma, static_cast<double>(drops));
    }
    case ScheduleKind::exponential: return lr * std::pow(options_.gamma, static_cast<double>(epoch));
    case ScheduleKind::cosine: return along_cosine(lr, lr * options_.final_fraction, t);
    case ScheduleKind::plateau: return lr * memory_.factor;
    case ScheduleKind::onecycle: {
      constexpr double rising = 0.3;
      return t < rising ? along_cosine(lr / 25, lr, t / rising)
                        : along_cosine(lr, lr / 250000, (t - rising) / (1 - rising));
    }
    default: return lr;
  }
}

void Schedule::observe(double loss) {
  if (memory_.waited < 0 || loss < memory_.best * (1 - 1e-4)) {
    memory_.best = loss;
    memory_.waited = 0;
  } else if (++memory_.waited > options_.patience) {
    memory_.factor *= options_.gamma;
    memory_.waited = 0;
  }
}

}  // namespace relume::optim
