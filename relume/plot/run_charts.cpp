#include "relume/plot/run_charts.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string_view>

#include "relume/base/nearest.h"
#include "relume/base/require.h"
#include "relume/data/csv.h"

namespace relume::plot {
namespace {

namespace fs = std::filesystem;

/// Columns of metrics.csv that share a panel.
struct Panel {
  std::string title;
  std::vector<std::string> columns;
  bool share = false;  // from 0 to 1, where 0 says as much as the rest
};

// What is drawn of a run that is asked nothing more, as far as it was measured.
const std::vector<Panel> usual_panels = {{"loss", {"train_loss", "valid_loss"}},
                                         {"accuracy", {"valid_accuracy"}, true},
                                         {"rmse", {"valid_rmse"}},
                                         {"learning rate", {"lr"}},
                                         {"gradient norm", {"grad_norm"}},
                                         {"share of dead units", {"dead_share"}, true}};

constexpr std::size_t most_named_twice = 6;  // runs whose training rows have names of their own

struct Run {
  std::string name;
  std::vector<std::string> columns;
  std::vector<std::vector<double>> values;  // of each column; empty fields are gaps

  const std::vector<double>* find(std::string_view column) const {
    const auto at = std::find(columns.begin(), columns.end(), column);
    return at == columns.end() ? nullptr : &values[static_cast<std::size_t>(at - columns.begin())];
  }
};

Run read_run(const std::string& folder) {
  const fs::path path = fs::path(folder).has_filename() ? fs::path(folder) : fs::path(folder).parent_path();
  require<InputError>(fs::exists(path / "metrics.csv"),
                      "plot: {} has no metrics.csv; give the folder of a finished run", path.string());
  data::CsvReader reader(path / "metrics.csv", {.delimiter = ',', .header = true});
  Run run{path.filename().string(), {reader.names().begin(), reader.names().end()}, {}};
  run.values.resize(run.columns.size());
  for (data::CsvRow row; reader.next(row);)
    for (std::size_t i = 0; i < run.columns.size(); ++i) {
      const std::string field(row.fields[i]);
      run.values[i].push_back(field.empty() ? std::nan("") : std::strtod(field.c_str(), nullptr));
    }
  require<InputError>(run.find("epoch") != nullptr, "plot: {} has no column \"epoch\"",
                      (path / "metrics.csv").string());
  return run;
}

/// Runs by their folders' names, or by the whole of what was given where two are alike.
std::vector<Run> read_runs(const std::vector<std::string>& folders) {
  std::vector<Run> runs;
  for (const std::string& folder : folders) runs.push_back(read_run(folder));
  std::set<std::string> names;
  for (const Run& run : runs) names.insert(run.name);
  for (std::size_t i = 0; names.size() < runs.size() && i < runs.size(); ++i) runs[i].name = folders[i];
  return runs;
}

std::vector<Panel> chosen_panels(const std::vector<std::string>& columns) {
  if (columns.empty()) return usual_panels;
  std::vector<Panel> panels;
  for (const std::string& column : columns) {
    const auto usual = std::find_if(usual_panels.begin(), usual_panels.end(), [&](const Panel& p) {
      return std::find(p.columns.begin(), p.columns.end(), column) != p.columns.end();
    });
    const Panel panel = usual == usual_panels.end() ? Panel{column, {}} : Panel{usual->title, {}, usual->share};
    if (const auto same =
            std::find_if(panels.begin(), panels.end(), [&](const Panel& p) { return p.title == panel.title; });
        same != panels.end())
      same->columns.push_back(column);
    else
      panels.push_back({panel.title, {column}, panel.share});
  }
  return panels;
}

bool is_measured(const std::vector<double>& values) {
  return std::any_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

/// A run has one colour. What was measured on training rows is thinner than the same on validation rows.
Chart chart_of(const Panel& panel, const std::vector<Run>& runs) {
  const bool one = runs.size() == 1, shared = panel.columns.size() > 1;
  Chart chart(shared && runs.size() > most_named_twice ? panel.title + " (thin: training rows)" : panel.title);
  for (std::size_t r = 0; r < runs.size(); ++r)
    for (const std::string& column : panel.columns) {
      const std::vector<double>* values = runs[r].find(column);
      if (!values || !is_measured(*values)) continue;
      const bool training = shared && column == "train_loss";
      std::string name = one ? "" : runs[r].name;
      if (one && shared) name = training ? "training rows" : "validation rows";
      if (!one && training && runs.size() <= most_named_twice)
        name += ", training rows";
      else if (!one && training)
        name.clear();
      chart.line(*runs[r].find("epoch"), *values, std::move(name),
                 {.place = one && training ? 1 : r, .width = training && !one ? 1.0 : 2.5});
    }
  if (!panel.share) chart.logarithmic_y_if_wide();
  return chart.x_label("epoch");
}

}  // namespace

std::vector<Chart> charts_of_runs(const std::vector<std::string>& folders, const std::vector<std::string>& columns) {
  const std::vector<Run> runs = read_runs(folders);
  for (const std::string& column : columns)
    for (std::size_t i = 0; i < runs.size(); ++i)
      require<InputError>(runs[i].find(column) != nullptr, "plot: {} has no column \"{}\"{}",
                          (fs::path(folders[i]) / "metrics.csv").string(), column,
                          did_you_mean(column, {runs[i].columns.begin(), runs[i].columns.end()}));
  std::vector<Chart> charts;
  for (const Panel& panel : chosen_panels(columns))
    if (Chart chart = chart_of(panel, runs); chart.data().any_point()) charts.push_back(std::move(chart));
  require<InputError>(!charts.empty(), "plot: {} holds no number to draw", folders[0]);
  return charts;
}

}  // namespace relume::plot
