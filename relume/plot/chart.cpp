#include "relume/plot/chart.h"

#include <array>
#include <cmath>
#include <numeric>

#include "relume/base/atomic_file.h"
#include "relume/base/require.h"
#include "relume/plot/gnuplot_chart.h"
#include "relume/plot/html_chart.h"
#include "relume/plot/page.h"

namespace relume::plot {
namespace {

bool is_page(const std::filesystem::path& path) { return path.extension() == ".html"; }

void require_points(const ChartData& chart) {
  require(chart.any_point(), "chart: \"{}\" has no point to draw", chart.title);
}

}  // namespace

bool ChartData::can_draw(double x, double y) const {
  return std::isfinite(x) && std::isfinite(y) && std::abs(y) <= 1e300 && !(logarithmic && y < 1e-300);
}

bool ChartData::any_point() const {
  for (const Line& line : lines)
    for (std::size_t k = 0; k < line.x.size(); ++k)
      if (can_draw(line.x[k], line.y[k])) return true;
  return false;
}

// Functions lie on each other over long stretches: the lower ones look out from under the upper.
LineStyle ChartData::style_of(std::size_t i) const {
  if (lines[i].style) return *lines[i].style;
  return {i, through_zero ? 2 + 0.3 * static_cast<double>(lines.size() - 1 - i) : 2};
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

Chart& Chart::line(std::vector<double> x, std::vector<double> y, std::string name, const LineStyle& style) {
  line(std::move(x), std::move(y), std::move(name));
  data_.lines.back().style = style;
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

Chart& Chart::y_range(double low, double high) {
  require(std::isfinite(low) && std::isfinite(high) && low < high, "chart: the range of y from {} to {} is empty", low,
          high);
  data_.y_range = {low, high};
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

std::string Chart::html() const { return data_.any_point() ? html_chart(data_) : ""; }

void Chart::save(const std::filesystem::path& path) const {
  require_points(data_);
  write_file(path, is_page(path) ? page(data_.title.empty() ? path.stem().string() : data_.title, html())
                                 : gnuplot_picture(data_, path));
}

std::string Chart::text(int columns, int rows, bool colour) const {
  require_points(data_);
  return gnuplot_text(data_, columns, rows, colour);
}

void save(const std::vector<Chart>& charts, const std::filesystem::path& path) {
  std::vector<ChartData> panels;
  std::string content;
  for (const Chart& chart : charts) {
    require_points(chart.data());
    panels.push_back(chart.data());
    if (is_page(path)) content += chart.html();
  }
  require(!panels.empty(), "plot: there is no chart to draw into {}", path.string());
  write_file(path, is_page(path) ? page(path.stem().string(), "<div class=\"charts\">\n" + content + "</div>\n")
                                 : gnuplot_picture(panels, path));
}

}  // namespace relume::plot
