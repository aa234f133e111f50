#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "apps/relume/command.h"
#include "relume/base/nearest.h"
#include "relume/base/require.h"
#include "relume/data/csv.h"
#include "relume/plot/functions.h"

namespace relume::app {
namespace {

namespace fs = std::filesystem;
using plot::Chart;

struct Arguments {
  std::vector<std::string> what;
  std::string out;
  std::vector<double> range = {-5, 5};
  bool derivative = false;
  std::vector<std::string> columns = {"train_loss", "valid_loss"};
};

Chart chart_of_functions(const Arguments& a) {
  const double from = a.range[0], to = a.range[1];
  require<InputError>(std::isfinite(from) && std::isfinite(to) && from < to,
                      "plot: --range {} {} is empty; give two rising numbers", from, to);
  return plot::chart_of_functions(a.what, from, to, a.derivative);
}

/// A column of a run's metrics.csv; empty fields are gaps.
std::vector<double> column_of(const fs::path& run, const std::string& name) {
  data::CsvReader reader(run / "metrics.csv", {.delimiter = ',', .header = true});
  const auto& names = reader.names();
  const auto at = static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  require<InputError>(at < names.size(), "plot: {} has no column \"{}\"{}", (run / "metrics.csv").string(), name,
                      did_you_mean(name, {names.begin(), names.end()}));
  std::vector<double> values;
  for (data::CsvRow row; reader.next(row);) {
    const std::string field(row.fields[at]);
    values.push_back(field.empty() ? std::nan("") : std::strtod(field.c_str(), nullptr));
  }
  return values;
}

/// Positive values over more than two powers of ten show nothing on a linear axis.
bool spans_decades(const std::vector<double>& values) {
  double low = INFINITY, high = 0;
  for (const double v : values) {
    if (v <= 0) return false;
    low = std::min(low, v);
    if (std::isfinite(v)) high = std::max(high, v);
  }
  return high > 100 * low;
}

Chart chart_of_runs(const Arguments& a) {
  Chart chart("");
  std::vector<double> all;
  for (const std::string& run : a.what) {
    fs::path folder(run);
    if (!folder.has_filename()) folder = folder.parent_path();
    for (const std::string& column : a.columns) {
      const std::vector<double> values = column_of(folder, column);
      all.insert(all.end(), values.begin(), values.end());
      chart.line(values, a.what.size() == 1 ? column : folder.filename().string() + " " + column);
    }
  }
  if (spans_decades(all)) chart.logarithmic_y();
  return chart.x_label("epoch").y_label(a.columns.size() == 1 ? a.columns[0] : "");
}

int terminal_width() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 79;
}

void run(const Arguments& a) {
  const bool runs = std::all_of(a.what.begin(), a.what.end(), [](const std::string& w) { return fs::is_directory(w); });
  const Chart chart = runs ? chart_of_runs(a) : chart_of_functions(a);
  if (a.out.empty()) {
    const int columns = std::clamp(terminal_width(), 40, 160);
    fmt::print("{}", chart.text(columns, std::clamp(columns / 3, 16, 40), isatty(STDOUT_FILENO) != 0));
  } else {
    chart.save(a.out);
  }
}

}  // namespace

void add_plot(CLI::App& app) {
  CLI::App* command = app.add_subcommand("plot", "Draw activations, or what runs have measured");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("WHAT", arguments->what, "Activations (\"elu(0.5)\") or run folders")->required();
  command->add_option("-o,--output", arguments->out, "The picture: .svg, .png or .pdf; else the terminal");
  command->add_option("--range", arguments->range, "Of x, for activations")->expected(2)->capture_default_str();
  command->add_flag("--derivative", arguments->derivative, "Draw derivatives");
  command->add_option("--columns", arguments->columns, "Of the runs' metrics.csv, separated by commas")
      ->delimiter(',')
      ->capture_default_str();
  command->callback([arguments] { run(*arguments); });
}

}  // namespace relume::app
