// Public. Training runs as pictures, from the metrics.csv in their folders.
#pragma once

#include <string>
#include <vector>

#include "relume/plot/chart.h"

namespace relume::plot {

/// A panel for what these columns measured, for all runs together: without columns loss, metric, learning rate,
/// gradient norm and share of dead units. Throws InputError where a folder holds no run or a run has no such column.
std::vector<Chart> charts_of_runs(const std::vector<std::string>& folders,
                                  const std::vector<std::string>& columns = {});

}  // namespace relume::plot
