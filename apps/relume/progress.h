// What a person sees while a network trains, on stderr.
#pragma once

#include <chrono>

#include "relume/train/trainer.h"

namespace relume::app {

/// A live bar on a terminal, one line an epoch elsewhere.
class ProgressDisplay {
 public:
  ProgressDisplay(data::Task task, bool quiet);

  void show(const training::Progress& progress);
  void show(const training::EpochRow& row, std::int64_t epochs);
  /// A line of its own, at the moment at which it is found.
  void show(const health::Finding& finding);
  /// The same for what was done about one.
  void show(const std::string& cure);
  /// Leaves the last epoch on the screen and the cursor below it.
  void finish();

 private:
  bool terminal_;
  bool quiet_;
  data::Task task_;
  std::string last_epoch_;
  double dead_share_ = 0;
  std::chrono::steady_clock::time_point drawn_{};
};

}  // namespace relume::app
