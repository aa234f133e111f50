// Public. Curves as a picture: a file, text for a terminal, or a page that answers the pointer.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace relume::plot {

/// How a line looks where it does not take the next colour by itself.
struct LineStyle {
  std::size_t place = 0;  ///< lines of one place have one colour and one pattern of dashes
  double width = 2;       ///< in points
};

/// One curve, y over x, of equal length. A y that is not finite, or beyond ±1e300, leaves a gap.
struct Line {
  std::string name;
  std::vector<double> x;
  std::vector<double> y;
  bool joined = true;  ///< a line; else points
  std::optional<LineStyle> style = {};
};

/// What a chart shows, whatever draws it.
struct ChartData {
  struct Mark {
    double x;
    std::string name;
  };
  std::string title, x_label, y_label;
  std::vector<Line> lines;
  std::optional<Mark> mark;
  std::optional<std::pair<double, double>> y_range;  ///< what is seen; else all
  bool logarithmic = false;
  bool through_zero = false;
  bool ordered = false;

  bool can_draw(double x, double y) const;
  bool any_point() const;
  LineStyle style_of(std::size_t i) const;
  /// The colour of the i-th line where the lines are ordered: "#d55e00" for the first, "#2a87c8" for the last.
  std::string ordered_colour(std::size_t i) const;
};

/// A description of a picture.
///
///   plot::Chart("loss").line(epochs, loss, "train").save("loss.svg");
class Chart {
 public:
  explicit Chart(std::string title) { data_.title = std::move(title); }

  /// One curve: y over x. A y that is not finite leaves a gap. Throws ValueError where the lengths differ.
  Chart& line(std::vector<double> x, std::vector<double> y, std::string name);
  Chart& line(std::vector<double> x, std::vector<double> y, std::string name, const LineStyle& style);
  /// The same, over x = 1, 2, 3, …
  Chart& line(std::vector<double> y, std::string name);
  /// Points that no line joins.
  Chart& points(std::vector<double> x, std::vector<double> y, std::string name);
  Chart& x_label(std::string text);
  Chart& y_label(std::string text);
  /// Values that are not positive leave gaps then.
  Chart& logarithmic_y();
  /// The same where none of the values is negative and the positive ones span more than a factor of 100.
  Chart& logarithmic_y_if_wide();
  /// What is seen of y; lines go on beyond it unseen. Throws ValueError unless low < high.
  Chart& y_range(double low, double high);
  /// Axes cross at (0, 0), as functions are drawn.
  Chart& axes_through_zero();
  /// The lines are a sequence (layers, from the input to the output): their colours run from orange to blue.
  Chart& ordered();
  /// A dashed vertical line with its name.
  Chart& mark_x(double x, std::string name);

  /// Draws into a file, whole or not at all, by its ending: .svg, .png (1600 wide) or .pdf through gnuplot, which
  /// must be installed, or .html, a page that needs nothing else. Throws ValueError for another ending or a chart
  /// without a point to draw, FileError, and Error where gnuplot is not there.
  void save(const std::filesystem::path& path) const;
  /// The picture in characters, at most `columns` wide, in colour where asked. Throws as save.
  std::string text(int columns = 79, int rows = 24, bool colour = false) const;
  /// The chart as an element for a page() of charts: an `<svg>`, and what Chart.js makes of it where scripts run.
  /// Nothing where there is no point to draw.
  std::string html() const;

  const ChartData& data() const { return data_; }

 private:
  ChartData data_;
};

/// Charts in one picture, two beside each other, with one legend for all lines of the same name. Endings and errors are
/// those of Chart::save.
void save(const std::vector<Chart>& charts, const std::filesystem::path& path);

}  // namespace relume::plot
