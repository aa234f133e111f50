#include "relume/plot/report.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <tuple>

#include "relume/base/atomic_file.h"
#include "relume/base/require.h"
#include "relume/plot/chart.h"
#include "relume/plot/html.h"
#include "relume/plot/page.h"
#include "relume/plot/report_parts.h"

namespace relume::plot {
namespace {

using namespace report;

// What keeps the page small, however large the run was.
constexpr std::size_t most_table_rows = 500;
constexpr std::size_t most_classes = 30;
constexpr std::size_t most_confusions = 30;
constexpr std::size_t most_items = 500;

std::string count_of(const ReportData& data, const char* severity) {
  const auto count = std::count_if(data.findings.begin(), data.findings.end(),
                                   [&](const ReportFinding& f) { return f.severity == severity; });
  return count == 0
             ? ""
             : fmt::format("<span class=\"badge {0}\">{1} {0}{2}</span>\n", severity, count, count > 1 ? "s" : "");
}

std::string header(const ReportData& data) {
  std::string text = fmt::format("<header>\n<h1>{}</h1>\n", shown(data.title));
  const std::string verdict = count_of(data, "error") + count_of(data, "warning");
  if (!data.task.empty() || !verdict.empty()) text += fmt::format("<p>{}\n{}</p>\n", shown(data.task), verdict);
  if (!data.command.empty()) text += fmt::format("<pre tabindex=\"0\">{}</pre>\n", shown(data.command));
  return text + "</header>\n";
}

std::string metrics(const ReportData& data) {
  if (data.metrics.empty()) return {};
  std::string rows = row("th", {"", "train", "valid", "test"});
  for (const MetricRow& metric : data.metrics)
    rows += row("td", {shown(metric.name), format_number(metric.train), format_number(metric.valid),
                       format_number(metric.test)});
  return table(rows);
}

/// A chart of the curves of that heading, or nothing where none was measured.
std::string chart(const ReportData& data, const std::string& heading) {
  std::vector<const EpochCurve*> measured;
  for (const EpochCurve& curve : data.curves)
    if (curve.chart == heading && std::ranges::any_of(curve.values, [](double v) { return std::isfinite(v); }))
      measured.push_back(&curve);
  const bool named = measured.size() == 1 && !measured[0]->line.empty();
  Chart result(named ? fmt::format("{} ({})", heading, measured[0]->line) : heading);
  result.x_label("epoch");
  if (data.best_epoch >= 0) result.mark_x(static_cast<double>(data.best_epoch), "best");
  for (const EpochCurve* curve : measured)
    result.line(epochs_of(data), curve->values, curve->line.empty() ? heading : curve->line);
  if (std::ranges::any_of(measured, &EpochCurve::logarithmic)) result.logarithmic_y_if_wide();
  return result.html();
}

std::string curves(const ReportData& data) {
  std::string charts;
  std::set<std::string_view> drawn = {""};
  for (const EpochCurve& curve : data.curves)
    if (drawn.insert(curve.chart).second) charts += chart(data, curve.chart);
  return in_charts(charts);
}

std::string findings(const ReportData& data) {
  std::string text;
  for (std::size_t i = 0; i < std::min(data.findings.size(), most_items); ++i) {
    const ReportFinding& finding = data.findings[i];
    // Only a known severity becomes a class.
    const char* style = finding.severity == "error" ? "error" : finding.severity == "warning" ? "warning" : "info";
    text += fmt::format("<div class=\"finding {}\"><p><span class=\"severity\">{}</span> {} <b>{}</b></p>\n<p>{}</p>\n",
                        style, shown(finding.severity), shown(finding.rule), shown(finding.layer), shown(finding.text));
    if (!finding.remedy.empty()) text += fmt::format("<p class=\"quiet\">What helps: {}</p>\n", shown(finding.remedy));
    text += "</div>\n";
  }
  text += more(data.findings.size(), most_items);
  if (data.cures.empty()) return text;
  text += "<p>What was done:</p>\n<ul>\n";
  for (std::size_t i = 0; i < std::min(data.cures.size(), most_items); ++i)
    text += fmt::format("<li>{}</li>\n", shown(data.cures[i]));
  return text + "</ul>\n" + more(data.cures.size(), most_items);
}

void check(const ConfusionMatrix& confusion) {
  const std::size_t classes = confusion.labels.size();
  require(confusion.counts.size() == classes,
          "report: {} classes but {} rows of the confusion matrix; give one a class", classes, confusion.counts.size());
  for (const auto& counts : confusion.counts)
    require(counts.size() == classes, "report: {} classes but {} columns of the confusion matrix; give one a class",
            classes, counts.size());
}

void check(const std::vector<EpochCurve>& curves, std::size_t epochs) {
  for (const EpochCurve& curve : curves)
    require(curve.values.size() == epochs, "report: \"{}\" has {} values for {} epochs", curve.name,
            curve.values.size(), epochs);
}

std::string confusion_table(const ConfusionMatrix& confusion) {
  std::vector<std::string> labels{"true ↓ predicted →"};
  for (const std::string& label : confusion.labels) labels.push_back(shown(label));
  std::string rows = row("th", labels);
  for (std::size_t i = 0; i < confusion.labels.size(); ++i) {
    double total = 0;
    for (std::int64_t count : confusion.counts[i]) total += static_cast<double>(count);
    rows += fmt::format("<tr><th>{}</th>", labels[i + 1]);
    for (std::int64_t count : confusion.counts[i])
      rows += fmt::format("<td style=\"--share:{:.2f}\">{}</td>",
                          total > 0 ? 0.6 * static_cast<double>(count) / total : 0, count);
    rows += "</tr>\n";
  }
  return table(rows, "heat");
}

/// Too many classes for a matrix: the pairs that are taken for each other most often.
std::string worst_confusions(const ConfusionMatrix& confusion) {
  std::vector<std::tuple<std::int64_t, std::size_t, std::size_t>> pairs;
  for (std::size_t i = 0; i < confusion.labels.size(); ++i)
    for (std::size_t j = 0; j < confusion.labels.size(); ++j)
      if (i != j && confusion.counts[i][j] > 0) pairs.emplace_back(-confusion.counts[i][j], i, j);
  const std::size_t count = std::min(pairs.size(), most_confusions);
  std::partial_sort(pairs.begin(), pairs.begin() + static_cast<std::ptrdiff_t>(count), pairs.end());
  std::string rows = row("th", {"true", "predicted", "rows"});
  for (std::size_t k = 0; k < count; ++k) {
    const auto& [negative, i, j] = pairs[k];
    rows += row("td", {shown(confusion.labels[i]), shown(confusion.labels[j]), std::to_string(-negative)});
  }
  return fmt::format("<p class=\"quiet\">{} classes; the most frequent confusions:</p>\n", confusion.labels.size()) +
         table(rows);
}

std::string confusion(const ReportData& data) {
  check(data.confusion);
  if (data.confusion.labels.empty()) return {};
  return data.confusion.labels.size() <= most_classes ? confusion_table(data.confusion)
                                                      : worst_confusions(data.confusion);
}

std::string columns(const ReportData& data) {
  std::string text;
  if (!data.columns_used.empty()) {
    text += fmt::format("<p>Used ({}): ", data.columns_used.size());
    for (std::size_t i = 0; i < std::min(data.columns_used.size(), most_items); ++i)
      text += (i ? ", " : "") + shown(data.columns_used[i]);
    text += "</p>\n" + more(data.columns_used.size(), most_items);
  }
  if (!data.columns_left_out.empty()) {
    text += fmt::format("<p>Left out ({}):</p>\n<ul>\n", data.columns_left_out.size());
    for (std::size_t i = 0; i < std::min(data.columns_left_out.size(), most_items); ++i)
      text += fmt::format("<li><b>{}</b>: {}</li>\n", shown(data.columns_left_out[i].first),
                          shown(data.columns_left_out[i].second));
    text += "</ul>\n" + more(data.columns_left_out.size(), most_items);
  }
  return text;
}

std::string epochs(const ReportData& data) {
  if (data.epochs.empty()) return {};
  const std::size_t step = (data.epochs.size() + most_table_rows - 1) / most_table_rows;
  std::vector<std::string> head{"epoch"};
  for (const EpochCurve& curve : data.curves) head.push_back(shown(curve.title));
  std::string rows = row("th", head);
  for (std::size_t i = 0; i < data.epochs.size(); ++i) {
    if (i % step != 0 && i + 1 != data.epochs.size() && data.epochs[i] != data.best_epoch) continue;
    std::vector<std::string> cells{std::to_string(data.epochs[i])};
    for (const EpochCurve& curve : data.curves) cells.push_back(format_number(curve.values[i]));
    rows += row("td", cells);
  }
  const std::string note = step > 1 ? fmt::format(", each {}th shown", step) : "";
  return fmt::format("<section><details><summary>All {} epochs in numbers{}</summary>\n{}</details></section>\n",
                     data.epochs.size(), note, table(rows));
}

}  // namespace

std::string report_html(const ReportData& data) {
  check(data.curves, data.epochs.size());
  // What is wrong comes first.
  const bool sick = std::any_of(data.findings.begin(), data.findings.end(),
                                [](const ReportFinding& f) { return f.severity != "info"; });
  const std::string found = section("Findings", findings(data));
  const std::string rows =
      data.held_out.empty() ? "" : fmt::format("<p class=\"quiet\">{}</p>\n", shown(data.held_out));
  const auto about_rows = [&](const char* heading, const std::string& content) {
    return content.empty() ? "" : section(heading, rows + content);
  };
  return page(data.title, header(data) + (sick ? found : "") + section("Results", metrics(data)) +
                              section("Summary", list(data.summary)) + (sick ? "" : found) +
                              section("Curves", curves(data)) + section("Layers", layer_curves(data)) +
                              section("Units", units(data)) + about_rows("Confusion matrix", confusion(data)) +
                              about_rows("Calibration", calibration(data)) + about_rows("Residuals", residuals(data)) +
                              about_rows("What it gets most wrong", worst_examples(data)) +
                              about_rows("What each column is worth", importance(data)) +
                              section("Columns", columns(data)) + section("Versions and machine", list(data.machine)) +
                              epochs(data));
}

void write_report(const std::filesystem::path& path, const ReportData& data) { write_file(path, report_html(data)); }

}  // namespace relume::plot
