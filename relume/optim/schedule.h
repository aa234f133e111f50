// Public. How the learning rate changes over a run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "relume/optim/lr_rule.h"

namespace relume::optim {

/// "none", "step", "cosine", … in the order of the table in schedule.cpp.
std::vector<std::string> schedule_names();

struct ScheduleOptions {
  std::string kind = "none";  ///< see schedule_names()
  double lr = 1e-3;
  std::int64_t total_steps = 1;   ///< of the whole run
  std::int64_t epoch_steps = 1;   ///< of one epoch
  std::int64_t warmup_steps = 0;  ///< the rate grows linearly to `lr` over these first; onecycle: its own rise's length
  double gamma = 0;               ///< step, exponential, plateau: the factor; 0: 0.1, 0.95 and 0.5
  std::int64_t step_epochs = 0;   ///< step: every so many epochs; 0: a third of the run
  std::int64_t patience = 5;      ///< plateau: epochs without a better metric before the rate falls
  double final_fraction = 0.01;   ///< cosine: where it ends, as a fraction of `lr`
};

/// The learning rate at each step of a run.
///   step         lr · γ^⌊epoch / step_epochs⌋
///   exponential  lr · γ^epoch
///   cosine       lr · (f + (1 − f)(1 + cos πt)/2), t from 0 to 1 over the run
///   plateau      lr · γ each time the observed metric has not improved for `patience` epochs
///   onecycle     from lr/25 up to lr over the first 30 %, or warmup_steps, down to lr/250000 after: one_cycle_lr
class Schedule {
 public:
  /// Throws ValueError for a rate that is no positive number, and for a name that there is not.
  explicit Schedule(const ScheduleOptions& options);

  /// For step 0, 1, …
  double rate(std::int64_t step) const;
  /// Tells a plateau schedule the epoch's validation loss (smaller is better); the others go by the step alone.
  void observe(double loss);

  /// What observe() remembers, for a checkpoint.
  struct Memory {
    double factor = 1;
    double best = 0;
    std::int64_t waited = -1;  ///< −1: nothing seen yet
  };
  const Memory& memory() const { return memory_; }
  void restore(const Memory& memory) { memory_ = memory; }

 private:
  struct Kind;
  static const Kind kinds[];
  static const Kind& find(const std::string& name);
  friend std::vector<std::string> schedule_names();

  const Kind* kind_;
  ScheduleOptions options_;
  LrRule rule_;
  Memory memory_;
};

}  // namespace relume::optim
