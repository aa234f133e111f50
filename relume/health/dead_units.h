// The rule dead_units: a ReLU-like unit that never fires over a window of rows cannot learn any more.
#pragma once

#include <vector>

#include "relume/health/finding.h"
#include "relume/health/unit_activity.h"

namespace relume::health {

struct DeadUnitsOptions {
  std::int64_t least_rows = 200;  ///< fewer rows are not enough evidence
  double warning_share = 0.1;     ///< of a layer's units
  double error_share = 0.5;
};

/// One finding for each layer with dead units.
std::vector<Finding> find_dead_units(const UnitActivity& activity, std::int64_t step,
                                     const DeadUnitsOptions& options = {});

}  // namespace relume::health
