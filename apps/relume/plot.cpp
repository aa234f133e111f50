#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>

#include <unistd.h>

#include "apps/relume/command.h"
#include "apps/relume/print.h"
#include "relume/base/require.h"
#include "relume/plot/functions.h"
#include "relume/plot/run_charts.h"

namespace relume::app {
namespace {

namespace fs = std::filesystem;
using plot::Chart;

struct PlotArguments {
  std::vector<std::string> what;
  std::string out;
  std::vector<double> range = {-5, 5};
  bool derivative = false, terminal = false;
  std::vector<std::string> columns;
};

std::vector<Chart> charts_of(const PlotArguments& a) {
  const auto is_folder = [](const std::string& what) { return fs::is_directory(what); };
  const auto folders = std::count_if(a.what.begin(), a.what.end(), is_folder);
  if (folders == static_cast<std::ptrdiff_t>(a.what.size())) return plot::charts_of_runs(a.what, a.columns);
  for (const std::string& what : a.what) {
    require<InputError>(folders == 0 || is_folder(what), "plot: {} is not the folder of a run, as others are", what);
    require<InputError>(folders > 0 || what.find('/') == std::string::npos,
                        "plot: {} is neither the folder of a run nor an activation", what);
  }
  const double from = a.range[0], to = a.range[1];
  require<InputError>(std::isfinite(from) && std::isfinite(to) && from < to,
                      "plot: --range {} {} is empty; give two rising numbers", from, to);
  return {plot::chart_of_functions(a.what, from, to, a.derivative)};
}

void run(const PlotArguments& a) {
  const std::vector<Chart> charts = charts_of(a);
  if (!a.out.empty()) plot::save(charts, a.out);
  if (!a.out.empty() && !a.terminal) return;
  const int columns = std::clamp(terminal_width(STDOUT_FILENO).value_or(79), 40, 160);
  const int rows = charts.size() > 1 ? 14 : std::clamp(columns / 3, 16, 40);
  for (const Chart& chart : charts) print_lines(chart.text(columns, rows, isatty(STDOUT_FILENO) != 0), Keep::colours);
}

}  // namespace

void define_plot(Command& command) {
  const auto arguments = std::make_shared<PlotArguments>();
  command.option("WHAT", arguments->what, "Activations (\"elu(0.5)\") or run folders").required();
  command.option("-o,--output", arguments->out, "The picture: .svg, .png, .pdf or .html; else the terminal");
  command.flag("--terminal", arguments->terminal, "Draw in the terminal, with -o too");
  command.option("--range", arguments->range, "Of x, for activations").exactly(2).with_default();
  command.flag("--derivative", arguments->derivative, "Draw derivatives");
  command
      .option("--columns", arguments->columns,
              "Of the runs' metrics.csv, separated by commas, each a panel (loss, metric, learning rate, gradient "
              "norm, share of dead units)")
      .split_at_commas();
  command.run([arguments] { run(*arguments); });
}

}  // namespace relume::app
