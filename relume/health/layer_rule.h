// Public. What the rules about units share.
#pragma once

#include <string_view>

#include "relume/base/function_ref.h"
#include "relume/health/rule.h"

namespace relume::health {

/// Error, warning or info for a share of a layer's units.
Severity grade(double share, const Thresholds& thresholds);

/// One finding for each layer of that kind in which `is_sick` holds for some unit, with the evidence "units", "rows",
/// "share" and the number of sick ones as "found"; severity, cause and remedy are left to the rule. Cannot
/// judge where no layer has been seen on enough rows.
Verdict find_units(const Measurements& measurements, const Thresholds& thresholds, std::string_view rule,
                   ActivationKind kind, FunctionRef<bool(const LayerActivity&, std::size_t unit)> is_sick);

}  // namespace relume::health
