// Private. Charts as gnuplot draws them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "relume/plot/chart.h"

namespace relume::plot {

/// The bytes of a picture of the kind that the path's ending names: .svg, .png or .pdf.
std::string gnuplot_picture(const ChartData& chart, const std::filesystem::path& path);
/// Panels, two beside each other. The lines of all of them have one legend, in the place that an odd number of panels
/// leaves free, else in the first panel.
std::string gnuplot_picture(const std::vector<ChartData>& panels, const std::filesystem::path& path);
/// The picture in characters, at most `columns` wide.
std::string gnuplot_text(const ChartData& chart, int columns, int rows, bool colour);

}  // namespace relume::plot
