// Public. Changing an optimizer's learning rate from step to step, in a loop of one's own.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "relume/optim/lr_rule.h"
#include "relume/optim/optimizer.h"

namespace relume::optim {

/// Sets the rate of each group by a rule: at once for step 0, then with every step(), which follows the optimizer's.
/// LrScheduler schedule(adam, cosine_annealing_lr(epochs));
/// Rates are set, whatever they were: one scheduler to an optimizer, whose rule sequential_lr() or chained_lr() joins
/// from several.
class LrScheduler {
 public:
  LrScheduler(Optimizer& optimizer, LrRule rule);
  void step() { go_to(steps_ + 1); }
  /// For a run that goes on after so many steps.
  void go_to(std::int64_t steps);
  std::int64_t steps() const { return steps_; }

 private:
  Optimizer* optimizer_;
  LrRule rule_;
  std::int64_t steps_ = 0;
};

struct PlateauOptions {
  bool larger_is_better = false;
  double factor = 0.1;
  std::int64_t patience = 10;  ///< so many steps without a better metric are let pass
  double threshold = 1e-4;     ///< better means by this share of the best
  std::int64_t cooldown = 0;   ///< steps after a change in which nothing is counted
  double min_lr = 0;
};

/// Multiplies the rates by a factor when a metric stands still. As torch.optim.lr_scheduler.ReduceLROnPlateau.
class ReduceLROnPlateau {
 public:
  explicit ReduceLROnPlateau(Optimizer& optimizer, const PlateauOptions& options = {});
  void step(double metric);

 private:
  bool is_better(double metric) const;

  Optimizer* optimizer_;
  PlateauOptions options_;
  double best_;
  std::int64_t bad_steps_ = 0;
  std::int64_t cooling_ = 0;
};

}  // namespace relume::optim
