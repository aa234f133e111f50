// Public. What the rules about training steps share.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "relume/base/function_ref.h"
#include "relume/health/rule.h"

namespace relume::health {

/// The latest checks for which `holds`, without a gap; none where there are fewer than the persistence asks for.
std::span<const Check> streak(const Measurements& measurements, const Thresholds& thresholds,
                              FunctionRef<bool(const Check&)> holds);
/// The same, and none where they span too few steps: the first checks follow each other closely.
std::span<const Check> long_streak(const Measurements& measurements, const Thresholds& thresholds,
                                   FunctionRef<bool(const Check&)> holds);

/// The latest checks at which the gradient of every weight matrix was exactly 0 though the loss has where to go: twice
/// as many as the persistence asks for, over as many steps. Nothing reaches the weights any more.
std::span<const Check> zero_gradients(const Measurements& measurements, const Thresholds& thresholds);

/// Whether the gradient of every weight matrix that is trained was exactly 0.
bool is_zero_gradient(const Check& check);

/// The run's own rate times that factor, within [1e-6, 0.1] as long as that leaves it on the side that was asked for.
double advised_lr(const Measurements& measurements, double factor);
/// {"lr", "0.001"}: that rate in words.
std::pair<std::string, std::string> advise_lr(const Measurements& measurements, double factor);

/// Whether a step that moves a weight by that ratio is mostly the weight decay's, which takes the rate times itself
/// off.
bool is_decay(const Measurements& measurements, const Check& check, double update_ratio);
/// {"weight_decay", "0.01"}
std::pair<std::string, std::string> advise_weight_decay();

/// Whether the smoothed loss fell by a tenth over these checks.
bool loss_fell(std::span<const Check> checks);

/// Set where there are too few checks for any verdict.
Verdict too_few_checks(const Measurements& measurements, const Thresholds& thresholds);

}  // namespace relume::health
