// A chart for the browser: the still picture, and its points for Chart.js.
#include "relume/plot/html_chart.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "relume/base/require.h"
#include "relume/plot/embedded.h"
#include "relume/plot/html.h"

namespace relume::plot {
namespace {

/// JSON that is safe inside a script element, whatever the text says.
std::string quoted(const std::string& text) {
  const std::string json = nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string safe;
  for (const char c : json) {
    if (c == '<' || c == '>' || c == '&')
      safe += fmt::format("\\u{:04x}", c);
    else
      safe += c;
  }
  return safe;
}

std::string column(const std::vector<double>& values, const std::vector<std::size_t>& at) {
  std::string text = "[";
  for (const std::size_t i : at)
    text += (text.size() > 1 ? "," : "") + (std::isfinite(values[i]) ? fmt::format("{:.8g}", values[i]) : "null");
  return text + "]";
}

std::string lines_of(const ChartData& chart) {
  std::string text, x_before;
  for (std::size_t i = 0; i < chart.lines.size(); ++i) {
    const Line& line = chart.lines[i];
    const std::vector<std::size_t> points = visible_points(line, chart);
    std::string x = column(line.x, points);
    text += fmt::format("{}{{\"name\":{},\"y\":{}", i > 0 ? "," : "", quoted(line.name), column(line.y, points));
    if (x != x_before) text += ",\"x\":" + x;  // else that of the line before
    if (chart.ordered) text += fmt::format(",\"colour\":\"{}\"", chart.ordered_colour(i));
    if (line.style) text += fmt::format(",\"place\":{},\"width\":{}", line.style->place, line.style->width);
    text += line.joined ? "}" : ",\"points\":true}";
    x_before = std::move(x);
  }
  return text;
}

}  // namespace

std::string html_chart(const ChartData& chart) {
  std::string text = "<figure class=\"chart\">\n" + to_svg(chart);
  if (!chart_js.bytes.empty()) {
    text += fmt::format(
        "<script type=\"application/json\">{{\"title\":{},\"x\":{},\"y\":{},\"logarithmic\":{},\"zero\":{}",
        quoted(chart.title), quoted(chart.x_label), quoted(chart.y_label), chart.logarithmic, chart.through_zero);
    if (chart.y_range) text += fmt::format(",\"range\":[{:.8g},{:.8g}]", chart.y_range->first, chart.y_range->second);
    if (chart.mark)
      text += fmt::format(",\"mark\":{{\"x\":{:.8g},\"name\":{}}}", chart.mark->x, quoted(chart.mark->name));
    text += ",\"lines\":[" + lines_of(chart) + "]}</script>\n";
  }
  return text + "</figure>\n";
}

}  // namespace relume::plot
