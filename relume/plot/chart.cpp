#include "relume/plot/chart.h"

#include <array>
#include <cmath>
#include <numeric>
#include <string_view>

#include "relume/base/atomic_file.h"
#include "relume/base/require.h"
#include "relume/plot/gnuplot.h"
#include "relume/plot/html_chart.h"
#include "relume/plot/page.h"

namespace relume::plot {
namespace {

// Okabe and Ito's colours, which colour-blind people tell apart, the darkest first; lines after the eighth are dashed.
constexpr std::array<std::string_view, 8> colours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                     "#56b4e9", "#e69f00", "#000000", "#999999"};

/// The points as a block of data: "$line0 << END". A gap is an empty line.
std::string data_block(std::size_t i, const ChartData& chart) {
  const Line& line = chart.lines[i];
  std::string block = fmt::format("$line{} << END\n", i);
  for (std::size_t k = 0; k < line.x.size(); ++k)
    block += chart.can_draw(line.x[k], line.y[k]) ? fmt::format("{} {}\n", line.x[k], line.y[k]) : "\n";
  return block + "END\n";
}

std::string colour_of(std::size_t i, const ChartData& chart) {
  return chart.ordered ? chart.ordered_colour(i) : std::string(colours[i % colours.size()]);
}

// Functions lie on each other over long stretches: the lower ones look out from under the upper.
double line_width(std::size_t i, const ChartData& chart) {
  return chart.through_zero ? 2 + 0.5 * static_cast<double>(chart.lines.size() - 1 - i) : 2;
}

std::string draw_line(std::size_t i, const ChartData& chart) {
  const bool joined = chart.lines[i].joined;
  const std::size_t dash = chart.ordered ? 1 : 1 + i / colours.size();
  return fmt::format("$line{} using 1:2 with {} linecolor rgb '{}' {} title {}", i,
                     joined ? "lines" : "points pointtype 7 pointsize 0.4", colour_of(i, chart),
                     joined ? fmt::format("dashtype {} linewidth {}", dash, line_width(i, chart)) : "",
                     gnuplot_quoted(chart.lines[i].name));
}

bool any_point(const ChartData& chart) {
  for (const Line& line : chart.lines)
    for (std::size_t k = 0; k < line.x.size(); ++k)
      if (chart.can_draw(line.x[k], line.y[k])) return true;
  return false;
}

std::string terminal_for(const std::filesystem::path& path) {
  const std::string ending = path.extension().string();
  if (ending == ".svg") return "svg size 840,520 dynamic enhanced font 'sans-serif,14' background '#ffffff'";
  if (ending == ".png") return "pngcairo size 1680,1040 font 'sans,14' fontscale 1.6 linewidth 2 background '#ffffff'";
  if (ending == ".pdf") return "pdfcairo size 8.4in,5.2in font 'sans,12' linewidth 1.5";
  fail("plot: {} ends in \"{}\"; pictures are .svg, .png, .pdf or .html", path.string(), ending);
}

}  // namespace

bool ChartData::can_draw(double x, double y) const {
  return std::isfinite(x) && std::isfinite(y) && std::abs(y) <= 1e300 && !(logarithmic && y < 1e-300);
}

std::string ChartData::ordered_colour(std::size_t i) const {
  // Between Okabe and Ito's orange and blue, on white and on black to be seen.
  constexpr std::array<int, 3> first{0xd5, 0x5e, 0x00}, middle{0x9a, 0x7f, 0x86}, last{0x2a, 0x87, 0xc8};
  const double part = lines.size() > 1 ? 2 * static_cast<double>(i) / static_cast<double>(lines.size() - 1) : 0;
  const auto mix = [part](int a, int b, int c) {
    return static_cast<int>(std::lround(part < 1 ? a + part * (b - a) : b + (part - 1) * (c - b)));
  };
  return fmt::format("#{:02x}{:02x}{:02x}", mix(first[0], middle[0], last[0]), mix(first[1], middle[1], last[1]),
                     mix(first[2], middle[2], last[2]));
}

Chart& Chart::line(std::vector<double> x, std::vector<double> y, std::string name) {
  require(x.size() == y.size(), "chart: line \"{}\" has {} values of x and {} of y", name, x.size(), y.size());
  data_.lines.push_back({std::move(name), std::move(x), std::move(y)});
  return *this;
}

Chart& Chart::line(std::vector<double> y, std::string name) {
  std::vector<double> x(y.size());
  std::iota(x.begin(), x.end(), 1.0);
  return line(std::move(x), std::move(y), std::move(name));
}

Chart& Chart::points(std::vector<double> x, std::vector<double> y, std::string name) {
  line(std::move(x), std::move(y), std::move(name));
  data_.lines.back().joined = false;
  return *this;
}

Chart& Chart::x_label(std::string text) {
  data_.x_label = std::move(text);
  return *this;
}

Chart& Chart::y_label(std::string text) {
  data_.y_label = std::move(text);
  return *this;
}

Chart& Chart::logarithmic_y() {
  data_.logarithmic = true;
  return *this;
}

Chart& Chart::logarithmic_y_if_wide() {
  double low = INFINITY, high = 0;
  for (const Line& line : data_.lines)
    for (const double y : line.y) {
      if (y < 0) return *this;
      if (y > 0 && std::isfinite(y)) low = std::min(low, y), high = std::max(high, y);
    }
  data_.logarithmic = high > 100 * low;
  return *this;
}

Chart& Chart::axes_through_zero() {
  data_.through_zero = true;
  return *this;
}

Chart& Chart::ordered() {
  data_.ordered = true;
  return *this;
}

Chart& Chart::mark_x(double x, std::string name) {
  data_.mark = ChartData::Mark{x, std::move(name)};
  return *this;
}

/// Where the names of the curves hide least of them: the corner through whose box the fewest go.
std::string Chart::key_corner() const {
  double left = INFINITY, right = -INFINITY, bottom = INFINITY, top = -INFINITY;
  const auto height_of = [this](double y) { return data_.logarithmic ? std::log10(y) : y; };
  const auto each = [&](auto f) {
    for (const Line& line : data_.lines)
      for (std::size_t k = 0; k < line.x.size(); ++k)
        if (data_.can_draw(line.x[k], line.y[k])) f(line, k, line.x[k], height_of(line.y[k]));
  };
  each([&](const Line&, std::size_t, double x, double y) {
    left = std::min(left, x), right = std::max(right, x), bottom = std::min(bottom, y), top = std::max(top, y);
  });
  const double high = std::min(0.5, 0.08 + 0.04 * static_cast<double>(data_.lines.size()));
  std::array<int, 4> hits{};  // top right, top left, bottom left, bottom right
  each([&](const Line& line, std::size_t k, double x, double y) {
    const bool joined = line.joined && k > 0 && data_.can_draw(line.x[k - 1], line.y[k - 1]);
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
  require(any_point(data_), "chart: \"{}\" has no point to draw", data_.title);

  // SVG, PNG and PDF write to stdout, so that the file appears whole or not at all.
  std::string script = "set encoding utf8\nset autoscale xfix\nset terminal " + terminal + "\n";
  script += "set termoption noenhanced\nset key noenhanced\n";
  if (!data_.title.empty()) script += "set title " + gnuplot_quoted(data_.title) + "\n";
  script += "set xlabel " + gnuplot_quoted(data_.x_label) + "\nset ylabel " + gnuplot_quoted(data_.y_label) + "\n";
  if (data_.logarithmic) script += "set logscale y\nset format y '%g'\n";
  script += in_colour ? "set grid linecolor rgb '#cccccc' linewidth 0.6\n" : "";
  script += data_.through_zero
                ? "unset border\nset xzeroaxis linetype 1 linecolor rgb '#444444' linewidth 1\n"
                  "set yzeroaxis linetype 1 linecolor rgb '#444444' linewidth 1\n"
                  "set xtics axis nomirror\nset ytics axis nomirror add ('' 0)\nset key top left reverse Left\n"
                : "set border 3\nset xtics nomirror\nset ytics nomirror\nset key " + key_corner() + "\n";
  if (data_.lines.size() == 1 && data_.lines[0].name.empty()) script += "unset key\n";
  if (data_.mark)
    script += fmt::format(
        "set arrow from first {0}, graph 0 to first {0}, graph 1 nohead dashtype 2 linecolor rgb '#777777'\n"
        "set label {1} at first {0}, graph 0.97 offset character 0.7, 0 noenhanced\n",
        data_.mark->x, gnuplot_quoted(data_.mark->name));
  for (std::size_t i = 0; i < data_.lines.size(); ++i) script += data_block(i, data_);
  for (std::size_t i = 0; i < data_.lines.size(); ++i) script += (i == 0 ? "plot " : ", ") + draw_line(i, data_);
  return run_gnuplot(script + "\n");
}

std::string Chart::html() const { return any_point(data_) ? html_chart(data_) : ""; }

void Chart::save(const std::filesystem::path& path) const {
  if (path.extension() != ".html") return write_file(path, draw(terminal_for(path), true));
  require(any_point(data_), "chart: \"{}\" has no point to draw", data_.title);
  write_file(path, page(data_.title.empty() ? path.stem().string() : data_.title, html()));
}

std::string Chart::text(int columns, int rows, bool colour) const {
  // gnuplot ends each row with a blank beyond its size.
  return draw(fmt::format("dumb {} size {},{}", colour ? "ansi256" : "mono", columns - 1, rows), false);
}

}  // namespace relume::plot
