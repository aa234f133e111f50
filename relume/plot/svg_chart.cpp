// The still picture of a chart.
#include <algorithm>
#include <cmath>
#include <limits>

#include "relume/base/require.h"
#include "relume/plot/html.h"
#include "relume/plot/html_chart.h"

namespace relume::plot {
namespace {

constexpr double width = 440, plot_height = 172, right = 426;
// Two points a unit of the plot's width are all that can be told apart.
constexpr std::size_t most_buckets = 372;
constexpr std::size_t colours = 8;       // that the style knows
constexpr std::size_t most_ordered = 6;  // names of ordered lines; of more the first and the last are named

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void include(double value) {
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

Axis logarithmic_axis(Range range, double from, double to) {
  double first = std::floor(std::log10(range.low)), last = std::ceil(std::log10(range.high));
  if (first == last) --first, ++last;
  Axis axis{{std::pow(10.0, first), std::pow(10.0, last)}, from, to, true, {}};
  const double step = std::ceil((last - first) / 6);
  for (double power = first; power <= last; power += step) axis.ticks.push_back(std::pow(10.0, power));
  return axis;
}

Axis value_axis(const ChartData& chart, double bottom, double top) {
  Range range;
  for (const Line& line : chart.lines)
    for (std::size_t k = 0; k < line.y.size(); ++k)
      if (chart.can_draw(line.x[k], line.y[k])) range.include(line.y[k]);
  if (chart.logarithmic && !range.empty()) return logarithmic_axis(range, bottom, top);
  if (chart.y_range) return linear_axis({chart.y_range->first, chart.y_range->second}, bottom, top, 5, false);
  range = widened(range);
  const double step = nice_step(range.high - range.low, 5);
  return linear_axis({std::floor(range.low / step) * step, std::ceil(range.high / step) * step}, bottom, top, 5, false);
}

Axis position_axis(const ChartData& chart, double left) {
  Range range;
  bool whole = true;
  for (const Line& line : chart.lines)
    for (const double x : line.x)
      if (std::abs(x) <= 1e300) range.include(x), whole = whole && x == std::floor(x);
  return linear_axis(range, left, right, 6, whole);
}

/// The class of a line, and what of its look is its own.
std::string style_of(std::size_t i, const ChartData& chart, const char* more = "") {
  const LineStyle style = chart.style_of(i);
  std::string own;
  if (chart.ordered) own += fmt::format("stroke:{};", chart.ordered_colour(i));
  if (chart.through_zero || chart.lines[i].style) own += fmt::format("stroke-width:{};", style.width);
  if (!own.empty()) own = fmt::format(" style=\"{}\"", own);
  const std::string dash = chart.ordered || !chart.lines[i].joined || style.place % colours == 0
                               ? ""
                               : fmt::format(" dash-{}", style.place % colours);
  return fmt::format("class=\"series-{}{}{}\"{}", style.place % colours, dash, more, own);
}

/// A stretch without gaps: a line, or a dot where it is one point.
std::string draw_stretch(const std::vector<std::pair<double, double>>& points, const std::string& style) {
  if (points.empty()) return {};
  if (points.size() == 1)
    return fmt::format("<circle {} cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"/>\n", style, points[0].first, points[0].second);
  std::string text = fmt::format("<polyline {} points=\"", style);
  for (const auto& [x, y] : points) text += fmt::format("{:.1f},{:.1f} ", x, y);
  text.back() = '"';
  return text + "/>\n";
}

std::string draw_line(std::size_t i, const ChartData& chart, const Axis& x, const Axis& y) {
  const Line& line = chart.lines[i];
  const std::string style = style_of(i, chart);
  std::string text;
  std::vector<std::pair<double, double>> stretch;
  for (const std::size_t k : visible_points(line, chart)) {
    if (chart.can_draw(line.x[k], line.y[k])) {
      stretch.emplace_back(x.position(line.x[k]), y.position(line.y[k]));
    } else {
      text += draw_stretch(stretch, style);
      stretch.clear();
    }
  }
  return text + draw_stretch(stretch, style);
}

std::string draw_points(std::size_t i, const ChartData& chart, const Axis& x, const Axis& y) {
  const Line& line = chart.lines[i];
  std::string text = fmt::format("<path {} d=\"", style_of(i, chart, " points"));
  for (std::size_t k = 0; k < line.x.size(); ++k)
    if (chart.can_draw(line.x[k], line.y[k]))
      text += fmt::format("M{:.1f},{:.1f}h0", x.position(line.x[k]), y.position(line.y[k]));
  return text + "\"/>\n";
}

std::string draw_text(double x, double y, const char* anchor, std::string_view text) {
  return fmt::format("<text class=\"label\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
                     escape_html(text));
}

std::string draw_rule(const char* kind, double x1, double x2, double y1, double y2) {
  return fmt::format("<line class=\"{}\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>\n", kind, x1, x2, y1,
                     y2);
}

std::string draw_axes(const ChartData& chart, const Axis& x, const Axis& y) {
  std::string text;
  for (const double tick : y.ticks) {
    const double at = y.position(tick);
    text += draw_rule("grid", x.from, x.to, at, at) + draw_text(x.from - 6, at + 4, "end", format_number(tick));
  }
  for (const double tick : x.ticks)
    text += draw_text(x.position(tick), y.from + 16, "middle", fmt::format("{:.12g}", tick));
  const bool crosses =
      chart.through_zero && x.range.low <= 0 && x.range.high >= 0 && y.range.low <= 0 && y.range.high >= 0;
  const double level = crosses ? y.position(0) : y.from;
  text += draw_rule("axis", x.from, x.to, level, level);
  if (crosses) text += draw_rule("axis", x.position(0), x.position(0), y.from, y.to);
  if (!chart.y_label.empty())
    text += fmt::format(
        "<text class=\"label\" transform=\"translate(12 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
        (y.from + y.to) / 2, escape_html(chart.y_label));
  return text + draw_text((x.from + x.to) / 2, y.from + 34, "middle", chart.x_label);
}

struct Legend {
  std::string text;
  double bottom = 24;
};

Legend draw_legend(const ChartData& chart, double left) {
  Legend legend;
  const std::size_t n = chart.lines.size();
  if (n < 2) return legend;
  double x = left, y = 36;
  for (std::size_t i = 0; i < n; ++i) {
    if (chart.ordered && n > most_ordered && i != 0 && i + 1 != n) continue;
    const std::string& name = chart.lines[i].name;
    const double wide = 40 + 6.5 * static_cast<double>(name.size());
    if (x + wide > width && x > left) x = left, y += 18;
    legend.text += fmt::format("<line {} x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>\n",
                               style_of(i, chart), x, x + 18, y - 4, y - 4);
    legend.text += draw_text(x + 23, y, "start", name);
    x += wide;
  }
  legend.bottom = y + 6;
  return legend;
}

std::string draw_mark(const ChartData& chart, const Axis& x, double bottom, double top) {
  if (!chart.mark || !(chart.mark->x >= x.range.low && chart.mark->x <= x.range.high)) return {};
  const double at = x.position(chart.mark->x);
  return draw_rule("mark", at, at, top, bottom) +
         draw_text(std::clamp(at, x.from + 14, x.to - 14), top - 4, "middle", chart.mark->name);
}

}  // namespace

std::vector<std::size_t> visible_points(const Line& line, const ChartData& chart) {
  const std::size_t count = line.y.size(),
                    run = count <= 3 * most_buckets ? 1 : (count + most_buckets - 1) / most_buckets;
  std::vector<std::size_t> points;
  for (std::size_t begin = 0; begin < count; begin += run) {
    const std::size_t end = std::min(begin + run, count);
    std::size_t low = end, high = end, gap = end;
    for (std::size_t i = begin; i < end; ++i) {
      if (!chart.can_draw(line.x[i], line.y[i])) {
        gap = std::min(gap, i);
        continue;
      }
      if (low == end || line.y[i] < line.y[low]) low = i;
      if (high == end || line.y[i] > line.y[high]) high = i;
    }
    std::vector<std::size_t> chosen{low, high, gap};
    if (begin == 0) chosen.push_back(0);
    if (end == count) chosen.push_back(count - 1);
    std::ranges::sort(chosen);
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    for (const std::size_t i : chosen)
      if (i < end) points.push_back(i);
  }
  return points;
}

std::string to_svg(const ChartData& chart) {
  const double left = chart.y_label.empty() ? 54 : 70;
  const Legend legend = draw_legend(chart, left);
  const double top = legend.bottom + 16, bottom = top + plot_height;
  const Axis x = position_axis(chart, left), y = value_axis(chart, bottom, top);
  const std::string title = escape_html(chart.title);
  std::string text =
      fmt::format("<svg viewBox=\"0 0 {} {:.0f}\" role=\"img\" aria-label=\"{}\">\n", width, bottom + 42, title);
  text += fmt::format("<text class=\"title\" x=\"{}\" y=\"16\">{}</text>\n", left, title);
  text += draw_axes(chart, x, y) + draw_mark(chart, x, bottom, top);
  // An element of its own cuts off what goes beyond it.
  if (chart.y_range)
    text += fmt::format("<svg x=\"{0}\" y=\"{1:.1f}\" width=\"{2}\" height=\"{3}\" viewBox=\"{0} {1:.1f} {2} {3}\">\n",
                        left, top - 2, right - left, plot_height + 4);
  for (std::size_t i = 0; i < chart.lines.size(); ++i)
    text += chart.lines[i].joined ? draw_line(i, chart, x, y) : draw_points(i, chart, x, y);
  if (chart.y_range) text += "</svg>\n";
  return text + legend.text + "</svg>\n";
}

}  // namespace relume::plot
