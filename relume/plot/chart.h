// Curves as a picture: a file, or text for a terminal.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace relume::plot {

/// A description of a picture, drawn by gnuplot, which must be installed; without it drawing throws Error.
///
///   plot::Chart("loss").line(epochs, loss, "train").save("loss.svg");
class Chart {
 public:
  explicit Chart(std::string title) : title_(std::move(title)) {}

  /// One curve: y over x. A y that is not finite leaves a gap. Throws ValueError where the lengths differ.
  Chart& line(std::vector<double> x, std::vector<double> y, std::string name);
  /// The same, over x = 1, 2, 3, …
  Chart& line(std::vector<double> y, std::string name);
  Chart& x_label(std::string text);
  Chart& y_label(std::string text);
  Chart& logarithmic_y();
  /// Axes cross at (0, 0), as functions are drawn.
  Chart& axes_through_zero();
  /// A dashed vertical line with its name.
  Chart& mark_x(double x, std::string name);

  /// Draws into a file, whole or not at all: .svg, .png (1680 × 1040) or .pdf by its ending. Throws ValueError for
  /// another ending or a chart without a point to draw, and FileError.
  void save(const std::filesystem::path& path) const;
  /// The picture in characters, at most `columns` wide, in colour where asked. Throws as save.
  std::string text(int columns = 79, int rows = 24, bool colour = false) const;

 private:
  struct Line {
    std::vector<double> x, y;
    std::string name;
  };
  struct Mark {
    double x;
    std::string name;
  };
  double line_width(std::size_t i) const;
  std::string key_corner() const;
  std::string draw(const std::string& terminal, bool in_colour) const;

  std::string title_, x_label_, y_label_;
  std::vector<Line> lines_;
  std::optional<Mark> mark_;
  bool logarithmic_ = false;
  bool through_zero_ = false;
};

}  // namespace relume::plot
