#include "relume/optim/lr_scheduler.h"

#include <algorithm>

#include "relume/base/require.h"

namespace relume::optim {

LrScheduler::LrScheduler(Optimizer& optimizer, LrRule rule) : optimizer_(&optimizer), rule_(std::move(rule)) {
  go_to(0);
}

void LrScheduler::go_to(std::int64_t steps) {
  steps_ = steps;
  for (std::size_t group = 0; group < optimizer_->groups(); ++group)
    optimizer_->set_lr(group, rule_(optimizer_->base_lr(group), steps_));
}

ReduceLROnPlateau::ReduceLROnPlateau(Optimizer& optimizer, const PlateauOptions& options)
    : optimizer_(&optimizer),
      options_(options),
      best_((options.larger_is_better ? -1 : 1) * std::numeric_limits<double>::infinity()) {
  require(options.factor > 0 && options.factor < 1, "ReduceLROnPlateau: a factor of {} is not between 0 and 1",
          options.factor);
}

bool ReduceLROnPlateau::is_better(double metric) const {
  return options_.larger_is_better ? metric > best_ * (1 + options_.threshold)
                                   : metric < best_ * (1 - options_.threshold);
}

void ReduceLROnPlateau::step(double metric) {
  if (is_better(metric)) {
    best_ = metric;
    bad_steps_ = 0;
  } else {
    ++bad_steps_;
  }
  if (cooling_ > 0) {
    --cooling_;
    bad_steps_ = 0;
  }
  if (bad_steps_ <= options_.patience) return;
  for (std::size_t group = 0; group < optimizer_->groups(); ++group)
    optimizer_->set_lr(group, std::max(optimizer_->lr(group) * options_.factor, options_.min_lr));
  cooling_ = options_.cooldown;
  bad_steps_ = 0;
}

}  // namespace relume::optim
