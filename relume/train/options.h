// Public. What a training run can be told.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "relume/health/thresholds.h"
#include "relume/kernels/matmul.h"

namespace relume::training {

/// What is done about a layer of which a tenth or more is dead, at the end of an epoch.
enum class OnDead : std::uint8_t {
  report,
  revive,  ///< health::revive(); where that did not last and the steps are too large, half the rate as well
  leaky,   ///< health::make_leaky()
  stop,    ///< ends the run where half of a layer is dead
};

/// What is done where the loss or a gradient is no number, or the rule exploding_gradient fires.
enum class OnExplode : std::uint8_t {
  stop,     ///< ends the run where something is no number
  clip,     ///< back to the best weights so far, and on with gradients held at the norm that they had before, or a
            ///< quarter of the present bound
  backoff,  ///< back to the best weights so far, and on with a quarter of the rate
};

/// "float32" (highest), "bf16" (medium). Throws ValueError that lists them.
kernels::MatmulPrecision precision_from_name(std::string_view name);
std::string_view name(kernels::MatmulPrecision precision);

/// "report", "revive", "leaky", "stop". Throws ValueError that lists them.
OnDead on_dead_from_name(std::string_view name);
/// "stop", "clip", "backoff". Throws ValueError that lists them.
OnExplode on_explode_from_name(std::string_view name);
std::string_view name(OnDead what);
std::string_view name(OnExplode what);

/// Zeros mean "chosen from the data": see resolve().
struct Options {
  std::int64_t epochs = 0;
  std::int64_t batch_size = 0;
  std::string optimizer = "adamw";  ///< see optim::optimizer_names()
  double lr = 0;
  double momentum = 0.9;            ///< sgd
  bool nesterov = false;            ///< sgd
  double weight_decay = -1;         ///< negative: chosen by the optimizer
  std::string schedule = "cosine";  ///< see optim::schedule_names()
  std::int64_t warmup_steps = 0;
  double clip_norm = 0;          ///< of all gradients together; 0: not clipped
  double clip_value = 0;         ///< of each element; 0: not clipped
  double clip_adaptive = 0;      ///< of each unit, as a share of its weights' norm; 0: not clipped
  std::int64_t patience = 0;     ///< epochs without a better validation loss before it stops
  double min_delta = 0;          ///< by how much of itself the best value must be beaten to count
  std::string best_by = "loss";  ///< of the validation rows, names the best epoch: see metric_names()
  double label_smoothing = 0;
  bool balanced_classes = false;                                           ///< weighs classes by their rarity
  kernels::MatmulPrecision precision = kernels::MatmulPrecision::highest;  ///< of the run's own products
  OnDead on_dead = OnDead::report;
  OnExplode on_explode = OnExplode::stop;
  health::Thresholds thresholds = {};  ///< by which the rules of health judge, and the cures with them
  std::uint64_t seed = 0;
};

/// The options with every zero replaced by what suits `rows` training rows.
Options resolve(Options options, std::int64_t rows);

}  // namespace relume::training
