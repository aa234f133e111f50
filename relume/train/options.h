// What a training run can be told.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "relume/optim/schedule.h"

namespace relume::train {

/// Zeros mean "chosen from the data": see resolve().
struct Options {
  std::int64_t epochs = 0;
  std::int64_t batch_size = 0;
  std::string optimizer = "adamw";  ///< adam, adamw, sgd, rmsprop
  double lr = 0;
  double momentum = 0.9;     ///< sgd
  bool nesterov = false;     ///< sgd
  double weight_decay = -1;  ///< negative: chosen by the optimizer
  optim::ScheduleKind schedule = optim::ScheduleKind::cosine;
  std::int64_t warmup_steps = 0;
  double clip_norm = 0;       ///< 0: gradients are not clipped
  std::int64_t patience = 0;  ///< epochs without a better validation loss before it stops
  double min_delta = 0;       ///< what counts as better, relative
  double label_smoothing = 0;
  bool balanced_classes = false;  ///< weighs classes by their rarity
  std::uint64_t seed = 0;
};

/// The options with every zero replaced by what suits `rows` training rows.
Options resolve(Options options, std::int64_t rows);

}  // namespace relume::train
