#include "relume/plot/chart.h"

#include <array>
#include <cmath>
#include <numeric>
#include <string_view>

#include "relume/base/atomic_file.h"
#include "relume/base/require.h"
#include "relume/plot/gnuplot.h"

namespace relume::plot {
namespace {

// Okabe and Ito's colours, which colour-blind people tell apart, the darkest first; lines after the eighth are dashed.
constexpr std::array<std::string_view, 8> colours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                     "#56b4e9", "#e69f00", "#000000", "#999999"};

bool drawable(double x, double y, bool logarithmic) {
  return std::isfinite(x) && std::isfinite(y) && std::abs(y) < 1e300 && !(logarithmic && y <= 0);
}

/// The points as a block of data: "$line0 << END". A gap is an empty line.
std::string data_block(std::size_t i, const std::vector<double>& x, const std::vector<double>& y, bool logarithmic) {
  std::string block = fmt::format("$line{} << END\n", i);
  for (std::size_t k = 0; k < x.size(); ++k)
    block += drawable(x[k], y[k], logarithmic) ? fmt::format("{} {}\n", x[k], y[k]) : "\n";
  return block + "END\n";
}

std::string terminal_for(const std::filesystem::path& path) {
  const std::string ending = path.extension().string();
  if (ending == ".svg") return "svg size 840,520 dynamic enhanced font 'sans-serif,14' background '#ffffff'";
  if (ending == ".png") return "pngcairo size 1680,1040 font 'sans,14' fontscale 1.6 linewidth 2 background '#ffffff'";
  if (ending == ".pdf") return "pdfcairo size 8.4in,5.2in font 'sans,12' linewidth 1.5";
  fail("plot: {} ends in \"{}\"; pictures are .svg, .png or .pdf", path.string(), ending);
}

}  // namespace

Chart& Chart::line(std::vector<double> x, std::vector<double> y, std::string name) {
  require(x.size() == y.size(), "chart: line \"{}\" has {} values of x and {} of y", name, x.size(), y.size());
  lines_.push_back({std::move(x), std::move(y), std::move(name)});
  return *this;
}

Chart& Chart::line(std::vector<double> y, std::string name) {
  std::vector<double> x(y.size());
  std::iota(x.begin(), x.end(), 1.0);
  return line(std::move(x), std::move(y), std::move(name));
}

Chart& Chart::x_label(std::string text) {
  x_label_ = std::move(text);
  return *this;
}

Chart& Chart::y_label(std::string text) {
  y_label_ = std::move(text);
  return *this;
}

Chart& Chart::logarithmic_y() {
  logarithmic_ = true;
  return *this;
}

Chart& Chart::axes_through_zero() {
  through_zero_ = true;
  return *this;
}

Chart& Chart::mark_x(double x, std::string name) {
  mark_ = Mark{x, std::move(name)};
  return *this;
}

// Functions lie on each other over long stretches: the lower ones look out from under the upper.
double Chart::line_width(std::size_t i) const {
  return through_zero_ ? 2 + 0.5 * static_cast<double>(lines_.size() - 1 - i) : 2;
}

/// Where the names of the curves hide least of them: the corner through whose box the fewest go.
std::string Chart::key_corner() const {
  double left = INFINITY, right = -INFINITY, bottom = INFINITY, top = -INFINITY;
  const auto height_of = [this](double y) { return logarithmic_ ? std::log10(y) : y; };
  const auto each = [&](auto f) {
    for (const Line& line : lines_)
      for (std::size_t k = 0; k < line.x.size(); ++k)
        if (drawable(line.x[k], line.y[k], logarithmic_)) f(line, k, line.x[k], height_of(line.y[k]));
  };
  each([&](const Line&, std::size_t, double x, double y) {
    left = std::min(left, x), right = std::max(right, x), bottom = std::min(bottom, y), top = std::max(top, y);
  });
  const double high = std::min(0.5, 0.08 + 0.04 * static_cast<double>(lines_.size()));
  std::array<int, 4> hits{};  // top right, top left, bottom left, bottom right
  each([&](const Line& line, std::size_t k, double x, double y) {
    const bool joined = k > 0 && drawable(line.x[k - 1], line.y[k - 1], logarithmic_);
    for (int step = 1; step <= 16; ++step) {  // along the line from the point before
      const double part = step / 16.0, x0 = joined ? line.x[k - 1] : x, y0 = joined ? height_of(line.y[k - 1]) : y;
      const double u = (x0 + part * (x - x0) - left) / std::max(right - left, 1e-300);
      const double v = (y0 + part * (y - y0) - bottom) / std::max(top - bottom, 1e-300);
      const bool at_right = u > 0.7, at_left = u<0.3, at_top = v> 1 - high, at_bottom = v < high;
      hits[0] += at_right && at_top;
      hits[1] += at_left && at_top;
      hits[2] += at_left && at_bottom;
      hits[3] += at_right && at_bottom;
    }
  });
  constexpr const char* names[] = {"top right", "top left reverse Left", "bottom left reverse Left", "bottom right"};
  return names[std::min_element(hits.begin(), hits.end()) - hits.begin()];
}

std::string Chart::draw(const std::string& terminal, bool in_colour) const {
  bool any = false;
  for (const Line& line : lines_)
    for (std::size_t k = 0; k < line.x.size(); ++k) any = any || drawable(line.x[k], line.y[k], logarithmic_);
  require(any, "chart: \"{}\" has no point to draw", title_);

  // SVG, PNG and PDF write to stdout, so that the file appears whole or not at all.
  std::string script = "set encoding utf8\nset autoscale xfix\nset terminal " + terminal + "\n";
  script += "set termoption noenhanced\nset key noenhanced\n";
  if (!title_.empty()) script += "set title " + gnuplot_quoted(title_) + "\n";
  script += "set xlabel " + gnuplot_quoted(x_label_) + "\nset ylabel " + gnuplot_quoted(y_label_) + "\n";
  if (logarithmic_) script += "set logscale y\nset format y '%g'\n";
  script += in_colour ? "set grid linecolor rgb '#cccccc' linewidth 0.6\n" : "";
  script += through_zero_
                ? "unset border\nset xzeroaxis linetype 1 linecolor rgb '#444444' linewidth 1\n"
                  "set yzeroaxis linetype 1 linecolor rgb '#444444' linewidth 1\n"
                  "set xtics axis nomirror\nset ytics axis nomirror add ('' 0)\nset key top left reverse Left\n"
                : "set border 3\nset xtics nomirror\nset ytics nomirror\nset key " + key_corner() + "\n";
  if (lines_.size() == 1 && lines_[0].name.empty()) script += "unset key\n";
  if (mark_)
    script += fmt::format(
        "set arrow from first {0}, graph 0 to first {0}, graph 1 nohead dashtype 2 linecolor rgb '#777777'\n"
        "set label {1} at first {0}, graph 0.97 offset character 0.7, 0 noenhanced\n",
        mark_->x, gnuplot_quoted(mark_->name));
  for (std::size_t i = 0; i < lines_.size(); ++i) script += data_block(i, lines_[i].x, lines_[i].y, logarithmic_);
  for (std::size_t i = 0; i < lines_.size(); ++i)
    script += fmt::format("{}$line{} using 1:2 with lines linecolor rgb '{}' dashtype {} linewidth {} title {}",
                          i == 0 ? "plot " : ", ", i, colours[i % colours.size()], 1 + i / colours.size(),
                          line_width(i), gnuplot_quoted(lines_[i].name));
  return run_gnuplot(script + "\n");
}

void Chart::save(const std::filesystem::path& path) const { write_file(path, draw(terminal_for(path), true)); }

std::string Chart::text(int columns, int rows, bool colour) const {
  // gnuplot ends each row with a blank beyond its size.
  return draw(fmt::format("dumb {} size {},{}", colour ? "ansi256" : "mono", columns - 1, rows), false);
}

}  // namespace relume::plot
