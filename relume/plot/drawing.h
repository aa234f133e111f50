// Private. Lines, areas and texts at places of one's own: gnuplot as a pen.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace relume::plot {

/// A picture as it grows, in units of a pixel, y downwards. Lines lie over polygons, everything else over lines.
class Drawing {
 public:
  using Point = std::pair<double, double>;

  /// A filled area; colours are "#d55e00".
  void polygon(const std::vector<Point>& corners, std::string_view colour);
  void rectangle(double left, double top, double right, double bottom, std::string_view colour);
  /// The outline of a rectangle.
  void frame(double left, double top, double right, double bottom);
  void circle(double x, double y, double radius, std::string_view colour);
  /// `strength` from 0 to 1: how heavy it looks. `colour` without its "#". Lines of one look are one path, which keeps
  /// files small.
  void line(const Point& from, const Point& to, std::string_view colour, double strength);
  /// `place` is gnuplot's "left", "center" or "right"; upright text is read from below.
  void text(double x, double y, std::string_view what, std::string_view place, bool upright = false);

  bool has_lines() const { return !lines_.empty(); }
  /// gnuplot's commands for a terminal of that size.
  std::string script(const std::string& terminal, double width, double height) const;

 private:
  std::string objects_, texts_;
  std::map<std::pair<double, std::string>, std::string> lines_;  // strength and colour → points, the faint first
};

}  // namespace relume::plot
