// Private. Charts as elements of a page.
#pragma once

#include <string>

#include "relume/plot/chart.h"

namespace relume::plot {

/// The points to draw: of each run of neighbours the lowest, the highest and the first gap, so that neither a spike nor
/// a hole is lost, and of the whole the first and the last; all of at most about a thousand.
std::vector<std::size_t> visible_points(const Line& line, const ChartData& chart);

/// The chart as an `<svg>` element, 440 units wide. Colours come from the page's style: the n-th curve has the class
/// "series-n", the rest "axis", "grid", "mark" and "label". Throws ValueError where x and y differ in length.
std::string to_svg(const ChartData& chart);

/// A `<figure>` that holds the `<svg>`, and the points for Chart.js where it is there. page.js reads them.
std::string html_chart(const ChartData& chart);

}  // namespace relume::plot
