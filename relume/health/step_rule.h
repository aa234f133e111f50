// What the rules about training steps share.
#pragma once

#include <span>
#include <string_view>

#include "relume/base/function_ref.h"
#include "relume/health/rule.h"

namespace relume::health {

/// The latest checks for which `holds`, without a gap; none where there are fewer than the persistence asks for.
std::span<const Check> streak(const Measurements& measurements, const Thresholds& thresholds,
                              FunctionRef<bool(const Check&)> holds);
/// The same, and none where they span too few steps: the first checks follow each other closely.
std::span<const Check> long_streak(const Measurements& measurements, const Thresholds& thresholds,
                                   FunctionRef<bool(const Check&)> holds);

/// Whether the smoothed loss fell by a tenth over these checks.
bool loss_fell(std::span<const Check> checks);

/// Set where there are too few checks for any verdict.
Verdict too_few_checks(const Measurements& measurements, const Thresholds& thresholds);

}  // namespace relume::health
