// Curves as an SVG element to put into a page.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace relume::plot {

/// One curve: y over x, of equal length, x rising. A y that is not finite, or beyond ±1e300, leaves a gap.
struct Series {
  std::string name;
  std::vector<double> x;
  std::vector<double> y;
};

/// Axes, curves and a legend.
struct SvgChart {
  std::string title;
  std::string x_label;
  std::vector<Series> series;
  bool logarithmic = false;        ///< the y axis, where all values are positive and span more than a factor of 100
  std::optional<double> marked_x;  ///< a dashed vertical line, named `mark`
  std::string mark;
};

/// The chart as an `<svg>` element, 440 × 270 units. Colours come from the page's style: the n-th curve has the class
/// "series-n", the rest "axis", "grid", "mark" and "label". Curves of many points are thinned to their extremes.
/// Throws ValueError where x and y differ in length.
std::string to_svg(const SvgChart& chart);

}  // namespace relume::plot
