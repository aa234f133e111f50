// Public. Activations as curves.
#pragma once

#include <string>
#include <vector>

#include "relume/plot/chart.h"

namespace relume::plot {

/// The activations that these texts name ("elu(0.5)"), or their derivatives, over from … to; prelu with the slope that
/// it begins with. Throws ValueError for one that is not a function of one number.
Chart chart_of_functions(const std::vector<std::string>& activations, double from, double to, bool derivative);

}  // namespace relume::plot
