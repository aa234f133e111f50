// Several runs on one page.
#include <algorithm>
#include <cmath>

#include "relume/base/require.h"
#include "relume/plot/chart.h"
#include "relume/plot/html.h"
#include "relume/plot/page.h"
#include "relume/plot/report_parts.h"

namespace relume::plot {
namespace {

using namespace report;

/// A chart of each curve that has one, all runs together.
std::string curves(const std::vector<ReportData>& runs) {
  std::vector<Chart> charts;
  std::vector<std::string> names;
  for (const ReportData& run : runs)
    for (const EpochCurve& curve : run.curves) {
      if (curve.chart.empty()) continue;
      const auto place = static_cast<std::size_t>(std::ranges::find(names, curve.name) - names.begin());
      if (place == names.size()) {
        names.push_back(curve.name);
        charts.emplace_back(curve.title).x_label("epoch");
      }
      charts[place].line(epochs_of(run), curve.values, run.title);
    }
  std::string text;
  for (Chart& chart : charts) text += chart.logarithmic_y_if_wide().html();
  return in_charts(text);
}

std::vector<std::string> metric_names(const std::vector<ReportData>& runs) {
  std::vector<std::string> names;
  for (const ReportData& run : runs)
    for (const MetricRow& metric : run.metrics)
      if (std::find(names.begin(), names.end(), metric.name) == names.end()) names.push_back(metric.name);
  return names;
}

std::string results(const std::vector<ReportData>& runs) {
  const std::vector<std::string> names = metric_names(runs);
  std::vector<std::string> head{"run"};
  for (const std::string& name : names)
    for (const char* part : {" train", " valid", " test"}) head.push_back(shown(name) + part);
  std::string rows = row("th", head);
  for (const ReportData& run : runs) {
    std::vector<std::string> cells{shown(run.title)};
    for (const std::string& name : names) {
      const auto found =
          std::find_if(run.metrics.begin(), run.metrics.end(), [&](const MetricRow& m) { return m.name == name; });
      const MetricRow metric = found == run.metrics.end() ? MetricRow{} : *found;
      for (const double value : {metric.train, metric.valid, metric.test}) cells.push_back(format_number(value));
    }
    rows += row("td", cells);
  }
  return table(rows);
}

/// The settings side by side: a row for each, a column for each run.
std::string settings(const std::vector<ReportData>& runs) {
  std::vector<std::string> names, head{""};
  for (const ReportData& run : runs) {
    head.push_back(shown(run.title));
    for (const auto& [name, value] : run.summary)
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  std::string rows = row("th", head);
  for (const std::string& name : names) {
    std::vector<std::string> cells{shown(name)};
    for (const ReportData& run : runs) {
      const auto found =
          std::find_if(run.summary.begin(), run.summary.end(), [&](const auto& f) { return f.first == name; });
      cells.push_back(found == run.summary.end() ? "–" : shown(found->second));
    }
    rows += row("td", cells);
  }
  return table(rows, "words");
}

std::string findings(const std::vector<ReportData>& runs) {
  std::string rows;
  for (const ReportData& run : runs)
    for (const ReportFinding& f : run.findings)
      if (f.severity != "info")
        rows += row("td", {shown(run.title), shown(f.severity), shown(f.rule), shown(f.layer), shown(f.text)});
  return rows.empty() ? "" : table(row("th", {"run", "", "", "", ""}) + rows, "words");
}

std::string commands(const std::vector<ReportData>& runs) {
  std::string text;
  for (const ReportData& run : runs)
    if (!run.command.empty()) text += fmt::format("<h3>{}</h3>\n<pre>{}</pre>\n", shown(run.title), shown(run.command));
  return text;
}

}  // namespace

std::string comparison_html(const std::vector<ReportData>& runs) {
  const std::string title = fmt::format("{} runs", runs.size());
  return page(title, "<header>\n<h1>" + title + "</h1>\n</header>\n" + section("Results", results(runs)) +
                         section("Findings", findings(runs)) + section("Curves", curves(runs)) +
                         section("Settings", settings(runs)) + section("To repeat them", commands(runs)));
}

}  // namespace relume::plot
