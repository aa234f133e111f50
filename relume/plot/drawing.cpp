#include "relume/plot/drawing.h"

#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "relume/plot/gnuplot.h"

namespace relume::plot {
namespace {

constexpr std::string_view outline = "#555555";

std::string closed_path(const std::vector<Drawing::Point>& corners) {
  std::string path;
  for (const auto& [x, y] : corners) path += fmt::format("{:.2f},{:.2f} to ", x, y);
  return path + fmt::format("{:.2f},{:.2f}", corners[0].first, corners[0].second);
}

}  // namespace

void Drawing::polygon(const std::vector<Point>& corners, std::string_view colour) {
  objects_ += fmt::format("set object polygon from {} fillcolor rgb '{}' fillstyle solid noborder\n",
                          closed_path(corners), colour);
}

void Drawing::rectangle(double left, double top, double right, double bottom, std::string_view colour) {
  objects_ += fmt::format(
      "set object rectangle from {:.2f},{:.2f} to {:.2f},{:.2f} front fillcolor rgb '{}' fillstyle solid noborder\n",
      left, top, right, bottom, colour);
}

void Drawing::frame(double left, double top, double right, double bottom) {
  objects_ +=
      fmt::format("set object rectangle from {:.2f},{:.2f} to {:.2f},{:.2f} front fillstyle empty border rgb '{}'\n",
                  left, top, right, bottom, outline);
}

// gnuplot's own circles have 72 corners, however small they are.
void Drawing::circle(double x, double y, double radius, std::string_view colour) {
  const int count = radius < 4 ? 12 : 32;
  std::vector<Point> corners;
  for (int k = 0; k < count; ++k) {
    const double angle = 2 * std::numbers::pi * k / count;
    corners.emplace_back(x + radius * std::cos(angle), y + radius * std::sin(angle));
  }
  objects_ += fmt::format("set object polygon from {} front fillcolor rgb '{}' fillstyle solid border rgb '{}'\n",
                          closed_path(corners), colour, outline);
}

void Drawing::line(const Point& from, const Point& to, std::string_view colour, double strength) {
  const double level = std::ceil(strength * 6) / 6;
  const auto transparency = static_cast<int>(std::lround(225 - 185 * level));
  lines_[{level, fmt::format("0x{:02x}{}", transparency, colour)}] +=
      fmt::format("{:.1f} {:.1f}\n{:.1f} {:.1f}\n\n", from.first, from.second, to.first, to.second);
}

void Drawing::text(double x, double y, std::string_view what, std::string_view place, bool upright) {
  texts_ += fmt::format("set label {} at {:.1f},{:.1f} {} {}\n", gnuplot_quoted(what), x, y, place,
                        upright ? "rotate by 90" : "");
}

std::string Drawing::script(const std::string& terminal, double width, double height) const {
  std::string script = "set encoding utf8\nset terminal " + terminal + "\nset termoption noenhanced\n";
  script += "set lmargin 0\nset rmargin 0\nset tmargin 0\nset bmargin 0\nunset key\nunset tics\nunset border\n";
  script += fmt::format("set xrange [0:{}]\nset yrange [{}:0]\n", width, height) + objects_ + texts_;
  std::string plot = "plot NaN";
  for (const auto& [look, points] : lines_) {
    const std::string block = fmt::format("$lines{}", plot.size());
    script += fmt::format("{} << END\n{}END\n", block, points);
    plot += fmt::format(", {} using 1:2 with lines linetype 1 dashtype solid linecolor rgb {} linewidth {:.1f}", block,
                        look.second, 0.6 + 1.4 * look.first);
  }
  return script + plot + "\n";
}

}  // namespace relume::plot
