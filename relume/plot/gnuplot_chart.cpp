#include "relume/plot/gnuplot_chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "relume/base/require.h"
#include "relume/plot/gnuplot.h"

namespace relume::plot {
namespace {

struct Look {
  std::string_view colour, dashes;
};

// Okabe and Ito's colours, which colour-blind people tell apart, the darkest first; the dashes tell them apart in
// print.
constexpr std::array<Look, 8> looks = {{{"#0072b2", "solid"},
                                        {"#d55e00", "(14,5)"},
                                        {"#009e73", "(7,4)"},
                                        {"#cc79a7", "(3,3)"},
                                        {"#56b4e9", "(14,4,3,4)"},
                                        {"#e69f00", "(7,3,2,3)"},
                                        {"#000000", "(14,3,3,3,3,3)"},
                                        {"#999999", "(2,6)"}}};

/// Of the points that can be drawn, in heights: logarithms where the axis is.
struct Extent {
  double left = INFINITY, right = -INFINITY, bottom = INFINITY, top = -INFINITY;
};

double height_of(const ChartData& chart, double y) { return chart.logarithmic ? std::log10(y) : y; }

Extent extent_of(const ChartData& chart) {
  Extent e;
  for (const Line& line : chart.lines)
    for (std::size_t k = 0; k < line.x.size(); ++k) {
      if (!chart.can_draw(line.x[k], line.y[k])) continue;
      e.left = std::min(e.left, line.x[k]), e.right = std::max(e.right, line.x[k]);
      e.bottom = std::min(e.bottom, height_of(chart, line.y[k])), e.top = std::max(e.top, height_of(chart, line.y[k]));
    }
  if (chart.y_range) e.bottom = height_of(chart, chart.y_range->first), e.top = height_of(chart, chart.y_range->second);
  return e;
}

/// Where zero is not in sight, axes at the border say more.
bool draws_axes_through_zero(const ChartData& chart) {
  const Extent e = extent_of(chart);
  return chart.through_zero && e.left <= 0 && e.right >= 0 && e.bottom <= 0 && e.top >= 0;
}

std::size_t longest_name(const ChartData& chart) {
  std::size_t longest = 0;
  for (const Line& line : chart.lines) longest = std::max(longest, line.name.size());
  return longest;
}

/// A corner that is free of lines in a box as large as the names need, or nothing.
std::string_view key_corner(const ChartData& chart) {
  if (longest_name(chart) > 24) return {};
  const Extent e = extent_of(chart);
  const double wide = 0.14 + 0.015 * static_cast<double>(longest_name(chart));
  const double high = std::min(0.5, 0.06 + 0.05 * static_cast<double>(chart.lines.size()));
  std::array<int, 4> hits{};  // top right, top left, bottom left, bottom right
  const auto hit = [&](double x, double y) {
    const double u = (x - e.left) / std::max(e.right - e.left, 1e-300);
    const double v = (y - e.bottom) / std::max(e.top - e.bottom, 1e-300);
    if (v < 0 || v > 1) return;
    const bool at_right = u > 1 - wide, at_left = u<wide, at_top = v> 1 - high, at_bottom = v < high;
    hits[0] += at_right && at_top;
    hits[1] += at_left && at_top;
    hits[2] += at_left && at_bottom;
    hits[3] += at_right && at_bottom;
  };
  for (const Line& line : chart.lines)
    for (std::size_t k = 0; k < line.x.size(); ++k) {
      if (!chart.can_draw(line.x[k], line.y[k])) continue;
      const bool joined = line.joined && k > 0 && chart.can_draw(line.x[k - 1], line.y[k - 1]);
      const double x = line.x[k], y = height_of(chart, line.y[k]);
      const double x0 = joined ? line.x[k - 1] : x, y0 = joined ? height_of(chart, line.y[k - 1]) : y;
      for (int step = 1; step <= 16; ++step) hit(x0 + step / 16.0 * (x - x0), y0 + step / 16.0 * (y - y0));
    }
  constexpr std::array<std::string_view, 4> names = {"top right", "top left reverse Left", "bottom left reverse Left",
                                                     "bottom right"};
  if (chart.through_zero && hits[1] == 0) return names[1];
  const auto free = std::find(hits.begin(), hits.end(), 0);
  return free == hits.end() ? std::string_view() : names[static_cast<std::size_t>(free - hits.begin())];
}

bool has_names(const ChartData& chart) {
  return std::any_of(chart.lines.begin(), chart.lines.end(), [](const Line& l) { return !l.name.empty(); });
}

/// Names that would cover the curves stand below them.
bool has_key_below(const ChartData& chart) { return has_names(chart) && key_corner(chart).empty(); }

std::string key(const ChartData& chart, bool in_file) {
  if (!has_names(chart)) return "unset key\n";
  if (has_key_below(chart))
    return fmt::format("set key below height 1 maxcols {} reverse Left noenhanced\n", in_file ? 1 : 2);
  return fmt::format("set key noenhanced {}\n", key_corner(chart));
}

/// gnuplot's own range for a line that stands still is one of rounding errors.
std::string range_of_constant(const ChartData& chart) {
  const Extent e = extent_of(chart);
  if (chart.y_range || chart.logarithmic || !(e.top - e.bottom < 1e-6 * std::abs(e.top))) return "";
  const double margin = 0.1 * std::abs(e.top);
  return fmt::format("set yrange [{}:{}]\n", e.bottom - margin, e.top + margin);
}

/// Epochs and layers have no halves.
std::string whole_steps(const ChartData& chart) {
  const Extent e = extent_of(chart);
  const bool whole = std::all_of(chart.lines.begin(), chart.lines.end(), [](const Line& line) {
    return std::all_of(line.x.begin(), line.x.end(), [](double x) { return x == std::floor(x); });
  });
  return whole && e.right > e.left && e.right - e.left <= 6 ? "set xtics 1\n" : "";
}

std::string axes(const ChartData& chart, bool in_file) {
  std::string script = "set autoscale xfix\nset xlabel " + gnuplot_quoted(chart.x_label) + "\nset ylabel " +
                       gnuplot_quoted(chart.y_label) + "\n";
  if (chart.logarithmic) script += "set logscale y\nset format y '%g'\n";
  if (chart.y_range) script += fmt::format("set yrange [{}:{}]\n", chart.y_range->first, chart.y_range->second);
  script += range_of_constant(chart) + whole_steps(chart);
  if (in_file) script += "set grid linetype 1 dashtype solid linecolor rgb '#dddddd' linewidth 0.5\n";
  if (!draws_axes_through_zero(chart)) return script + "set border 3\nset xtics nomirror\nset ytics nomirror\n";
  // The zero of both axes stands once, where rising functions leave room.
  return script +
         "unset border\nset xzeroaxis linetype -1 dashtype solid linecolor rgb '#444444' linewidth 1\n"
         "set yzeroaxis linetype -1 dashtype solid linecolor rgb '#444444' linewidth 1\n"
         "set xtics axis nomirror add ('' 0)\nset ytics axis nomirror add ('' 0)\n"
         "set label '0' at first 0, first 0 offset character 0.5, -0.8\n";
}

/// The points as a block of data: "$line0 << END". A gap is an empty line.
std::string data_block(std::size_t i, const ChartData& chart) {
  const Line& line = chart.lines[i];
  std::string block = fmt::format("$line{} << END\n", i);
  for (std::size_t k = 0; k < line.x.size(); ++k)
    block += chart.can_draw(line.x[k], line.y[k]) ? fmt::format("{} {}\n", line.x[k], line.y[k]) : "\n";
  return block + "END\n";
}

/// "with lines …" as the i-th line looks.
std::string look_of(std::size_t i, const ChartData& chart) {
  const LineStyle style = chart.style_of(i);
  const Look& look = looks[style.place % looks.size()];
  // A second round of the colours has other dashes.
  const Look& pattern = looks[(style.place + style.place / looks.size()) % looks.size()];
  const std::string colour =
      fmt::format("linecolor rgb '{}'", chart.ordered ? chart.ordered_colour(i) : std::string(look.colour));
  if (!chart.lines[i].joined) return "with points pointtype 7 pointsize 0.4 " + colour;
  return fmt::format("with lines linetype {} {} dashtype {} linewidth {}", style.place + 1, colour,
                     chart.ordered ? "solid" : pattern.dashes, style.width);
}

/// All that draws one chart, once the terminal is set.
std::string commands(const ChartData& chart, bool in_file, bool with_key = true) {
  std::string script = with_key ? key(chart, in_file) : "unset key\n";
  if (!chart.title.empty()) script += "set title " + gnuplot_quoted(chart.title) + "\n";
  script += axes(chart, in_file);
  if (chart.mark) {
    const Extent e = extent_of(chart);
    const bool at_right = chart.mark->x > (e.left + e.right) / 2;  // its name is read at the side where there is room
    script += fmt::format(
        "set arrow from first {0}, graph 0 to first {0}, graph 1 nohead dashtype 2 linecolor rgb '#777777'\n"
        "set label {1} at first {0}, graph 0.97 {2} noenhanced\n",
        chart.mark->x, gnuplot_quoted(chart.mark->name),
        at_right ? "right offset character -0.7, 0" : "left offset character 0.7, 0");
  }
  for (std::size_t i = 0; i < chart.lines.size(); ++i) script += data_block(i, chart);
  for (std::size_t i = 0; i < chart.lines.size(); ++i)
    script += fmt::format("{}$line{} using 1:2 {} title {}", i == 0 ? "plot " : ", ", i, look_of(i, chart),
                          gnuplot_quoted(chart.lines[i].name));
  return script + "\n";
}

// SVG, PNG and PDF write to stdout, so that the file appears whole or not at all.
std::string prologue(const std::string& terminal) {
  return "set encoding utf8\nset terminal " + terminal + "\nset termoption noenhanced\n";
}

/// A panel that holds the names of all lines and nothing else.
std::string legend(const std::vector<ChartData>& panels) {
  std::vector<std::string> names;
  std::string entries;
  for (const ChartData& chart : panels)
    for (std::size_t i = 0; i < chart.lines.size(); ++i) {
      const std::string& name = chart.lines[i].name;
      if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) continue;
      names.push_back(name);
      entries += fmt::format(", NaN {} title {}", look_of(i, chart), gnuplot_quoted(name));
    }
  return "unset border\nunset tics\nset key noenhanced center reverse Left\nplot [0:1] [0:1] NaN notitle" + entries +
         "\n";
}

/// gnuplot's terminal begins with a form feed and fills its rows with blanks.
std::string without_padding(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\f') continue;
    if (c == '\n') result.erase(result.find_last_not_of(' ') + 1);
    result += c;
  }
  return result;
}

}  // namespace

std::string gnuplot_picture(const ChartData& chart, const std::filesystem::path& path) {
  // Names below take no room from the curves.
  const int height = 420 + (has_key_below(chart) ? 22 * static_cast<int>(chart.lines.size()) : 0);
  return run_gnuplot(prologue(gnuplot_terminal(path, 640, height)) + commands(chart, true));
}

std::string gnuplot_picture(const std::vector<ChartData>& panels, const std::filesystem::path& path) {
  if (panels.size() == 1) return gnuplot_picture(panels[0], path);
  const bool room = panels.size() % 2 == 1;
  const auto rows = static_cast<int>((panels.size() + 1) / 2);
  std::string script =
      prologue(gnuplot_terminal(path, 720, 260 * rows)) + fmt::format("set multiplot layout {},2\n", rows);
  for (const ChartData& chart : panels) script += "reset\n" + commands(chart, true, !room && &chart == &panels[0]);
  if (room) script += "reset\n" + legend(panels);
  return run_gnuplot(script + "unset multiplot\n");
}

std::string gnuplot_text(const ChartData& chart, int columns, int rows, bool colour) {
  // gnuplot ends each row with a blank beyond its size.
  const std::string terminal = fmt::format("dumb {} size {},{}", colour ? "ansi256" : "mono", columns - 1, rows);
  return without_padding(run_gnuplot(prologue(terminal) + commands(chart, false)));
}

}  // namespace relume::plot
