#include "relume/plot/svg_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "relume/base/require.h"
#include "relume/plot/html.h"

namespace relume::plot {
namespace {

constexpr double width = 440, height = 270;
constexpr double left = 54, right = 426, top = 56, bottom = 228;
// Two points a unit of the plot's width are all that can be told apart.
constexpr std::size_t most_buckets = 372;

/// Finite, and so that the span of two of them is finite as well.
bool can_be_drawn(double value) { return std::abs(value) <= 1e300; }

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void include(double value) {
    if (!can_be_drawn(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return low > high; }
};

/// Maps values to positions between `from` and `to`, and names its ticks.
struct Axis {
  Range range;
  double from = 0, to = 1;
  bool logarithmic = false;
  std::vector<double> ticks;

  double position(double value) const {
    const double low = logarithmic ? std::log10(range.low) : range.low;
    const double high = logarithmic ? std::log10(range.high) : range.high;
    return from + (to - from) * ((logarithmic ? std::log10(value) : value) - low) / (high - low);
  }
};

/// 1, 2 or 5 times a power of ten, so that about `count` steps cover the span.
double nice_step(double span, int count) {
  const double raw = span / count, power = std::pow(10.0, std::floor(std::log10(raw)));
  for (double factor : {1.0, 2.0, 5.0})
    if (factor * power >= raw) return factor * power;
  return 10 * power;
}

/// A span that a double can tell apart, also around a single value.
Range widened(Range range) {
  if (range.empty()) return {0, 1};
  const double least = std::max({std::abs(range.low), std::abs(range.high), 1e-300}) * 1e-6;
  if (range.high - range.low >= least) return range;
  const double margin = std::max(std::abs(range.low) * 0.1, 1e-12);
  return {range.low - margin, range.high + margin};
}

Axis linear_axis(Range range, double from, double to, int count, bool whole_numbers) {
  Axis axis{widened(range), from, to, false, {}};
  double step = nice_step(axis.range.high - axis.range.low, count);
  if (whole_numbers) step = std::max(step, 1.0);
  const double first = std::ceil(axis.range.low / step - 1e-9), last = std::floor(axis.range.high / step + 1e-9);
  for (double i = first; i <= last; ++i) axis.ticks.push_back(i * step + 0.0);  // -0 becomes 0
  return axis;
}

Axis value_axis(const SvgChart& chart) {
  Range range;
  for (const Series& series : chart.series)
    for (double value : series.y) range.include(value);
  if (chart.logarithmic && !range.empty() && range.low > 0 && range.high / range.low > 100) {
    const double first = std::floor(std::log10(range.low)), last = std::ceil(std::log10(range.high));
    Axis axis{{std::pow(10.0, first), std::pow(10.0, last)}, bottom, top, true, {}};
    const double step = std::ceil((last - first) / 6);
    for (double power = first; power <= last; power += step) axis.ticks.push_back(std::pow(10.0, power));
    return axis;
  }
  range = widened(range);
  const double step = nice_step(range.high - range.low, 5);
  return linear_axis({std::floor(range.low / step) * step, std::ceil(range.high / step) * step}, bottom, top, 5, false);
}

Axis position_axis(const SvgChart& chart) {
  Range range;
  for (const Series& series : chart.series)
    for (double value : series.x) range.include(value);
  return linear_axis(range, left, right, 6, true);
}

/// The points to draw: of each run of neighbours the lowest, the highest and the first gap, so that neither a spike nor
/// a hole is lost.
std::vector<std::size_t> visible_points(const Series& series) {
  const std::size_t count = series.y.size(), run = (count + most_buckets - 1) / most_buckets;
  std::vector<std::size_t> points;
  for (std::size_t begin = 0; begin < count; begin += run) {
    const std::size_t end = std::min(begin + run, count);
    std::size_t low = end, high = end, gap = end;
    for (std::size_t i = begin; i < end; ++i) {
      if (!can_be_drawn(series.y[i])) {
        gap = std::min(gap, i);
        continue;
      }
      if (low == end || series.y[i] < series.y[low]) low = i;
      if (high == end || series.y[i] > series.y[high]) high = i;
    }
    std::vector<std::size_t> chosen{low, high, gap};
    std::ranges::sort(chosen);
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    for (std::size_t i : chosen)
      if (i < end) points.push_back(i);
  }
  return points;
}

/// A stretch without gaps: a line, or a dot where it is one point.
std::string draw_stretch(const std::vector<std::pair<double, double>>& points, std::size_t number) {
  if (points.empty()) return {};
  if (points.size() == 1)
    return fmt::format("<circle class=\"series-{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"/>\n", number, points[0].first,
                       points[0].second);
  std::string text = fmt::format("<polyline class=\"series-{}\" points=\"", number);
  for (const auto& [x, y] : points) text += fmt::format("{:.1f},{:.1f} ", x, y);
  text.back() = '"';
  return text + "/>\n";
}

std::string draw_series(const Series& series, std::size_t number, const Axis& x, const Axis& y) {
  std::string text;
  std::vector<std::pair<double, double>> stretch;
  for (std::size_t i : visible_points(series)) {
    if (can_be_drawn(series.y[i])) {
      stretch.emplace_back(x.position(series.x[i]), y.position(series.y[i]));
    } else {
      text += draw_stretch(stretch, number);
      stretch.clear();
    }
  }
  return text + draw_stretch(stretch, number);
}

std::string draw_text(double x, double y, const char* anchor, std::string_view text) {
  return fmt::format("<text class=\"label\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
                     escape_html(text));
}

std::string draw_axes(const SvgChart& chart, const Axis& x, const Axis& y) {
  std::string text;
  for (double tick : y.ticks) {
    const double at = y.position(tick);
    text +=
        fmt::format("<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>\n", left, right, at, at);
    text += draw_text(left - 6, at + 4, "end", format_number(tick));
  }
  for (double tick : x.ticks) text += draw_text(x.position(tick), bottom + 16, "middle", fmt::format("{:.12g}", tick));
  text += fmt::format("<line class=\"axis\" x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/>\n", left, right, bottom, bottom);
  return text + draw_text((left + right) / 2, height - 8, "middle", chart.x_label);
}

std::string draw_legend(const SvgChart& chart) {
  if (chart.series.size() < 2) return {};
  std::string text;
  double x = left;
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    const std::string& name = chart.series[i].name;
    text += fmt::format("<line class=\"series-{}\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"32\" y2=\"32\"/>\n", i, x, x + 18);
    text += draw_text(x + 23, 36, "start", name);
    x += 40 + 6.5 * static_cast<double>(name.size());
  }
  return text;
}

std::string draw_mark(const SvgChart& chart, const Axis& x) {
  if (!chart.marked_x || *chart.marked_x < x.range.low || *chart.marked_x > x.range.high) return {};
  const double at = x.position(*chart.marked_x);
  return fmt::format("<line class=\"mark\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{}\"/>\n", at, at, top, bottom) +
         draw_text(at, top - 4, "middle", chart.mark);
}

}  // namespace

std::string to_svg(const SvgChart& chart) {
  for (const Series& series : chart.series)
    require(series.x.size() == series.y.size(), "to_svg: {} has {} values of x and {} of y; give one x for each y",
            series.name, series.x.size(), series.y.size());
  const Axis x = position_axis(chart), y = value_axis(chart);
  const std::string title = escape_html(chart.title);
  std::string text = fmt::format(
      "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n<text class=\"title\" x=\"{}\" y=\"16\">{}</text>\n",
      width, height, title, left, title);
  text += draw_axes(chart, x, y) + draw_mark(chart, x);
  for (std::size_t i = 0; i < chart.series.size(); ++i) text += draw_series(chart.series[i], i, x, y);
  return text + draw_legend(chart) + "</svg>\n";
}

}  // namespace relume::plot
