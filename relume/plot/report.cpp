#include "relume/plot/report.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <string_view>
#include <tuple>

#include "relume/base/atomic_file.h"
#include "relume/base/require.h"
#include "relume/plot/chart.h"
#include "relume/plot/html.h"
#include "relume/plot/page.h"

namespace relume::plot {
namespace {

// What keeps the page small, however large the run was.
constexpr std::size_t most_table_rows = 500;
constexpr std::size_t most_classes = 30;
constexpr std::size_t most_confusions = 30;
constexpr std::size_t most_items = 500;
constexpr std::size_t most_text = 1000;

/// Text from outside: short enough and escaped.
std::string shown(std::string_view text) {
  std::size_t length = std::min(text.size(), most_text);
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xc0u) == 0x80u) --length;
  return escape_html(text.substr(0, length)) + (length < text.size() ? "…" : "");
}

std::string section(std::string_view heading, const std::string& content) {
  return content.empty() ? "" : fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n", heading, content);
}

std::string row(std::string_view element, const std::vector<std::string>& cells) {
  std::string text = "<tr>";
  for (const std::string& cell : cells) text += fmt::format("<{0}>{1}</{0}>", element, cell);
  return text + "</tr>\n";
}

std::string table(const std::string& rows, std::string_view style = "") {
  return fmt::format("<div class=\"scroll\"><table class=\"{}\">\n{}</table></div>\n", style, rows);
}

std::string more(std::size_t all, std::size_t most) {
  return all > most ? fmt::format("<p class=\"quiet\">… and {} more.</p>\n", all - most) : "";
}

std::string header(const ReportData& data) {
  std::string text = fmt::format("<header>\n<h1>{}</h1>\n", shown(data.title));
  if (!data.task.empty()) text += fmt::format("<p>{}</p>\n", shown(data.task));
  if (!data.command.empty()) text += fmt::format("<pre>{}</pre>\n", shown(data.command));
  return text + "</header>\n";
}

std::string summary(const ReportData& data) {
  if (data.summary.empty()) return {};
  std::string text = "<dl>\n";
  for (std::size_t i = 0; i < std::min(data.summary.size(), most_items); ++i)
    text +=
        fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", shown(data.summary[i].first), shown(data.summary[i].second));
  return text + "</dl>\n" + more(data.summary.size(), most_items);
}

std::string metrics(const ReportData& data) {
  if (data.metrics.empty()) return {};
  std::string rows = row("th", {"", "train", "valid", "test"});
  for (const MetricRow& metric : data.metrics)
    rows += row("td", {shown(metric.name), format_number(metric.train), format_number(metric.valid),
                       format_number(metric.test)});
  return table(rows);
}

using Value = double EpochRow::*;

/// A chart of these columns, or nothing where none was measured.
std::string chart(const ReportData& data, std::string title,
                  std::initializer_list<std::pair<const char*, Value>> columns, bool logarithmic = false) {
  Chart result(std::move(title));
  result.x_label("epoch");
  if (data.best_epoch >= 0) result.mark_x(static_cast<double>(data.best_epoch), "best");
  std::vector<double> x;
  for (const EpochRow& epoch : data.epochs) x.push_back(static_cast<double>(epoch.epoch));
  for (const auto& [name, value] : columns) {
    std::vector<double> y;
    for (const EpochRow& epoch : data.epochs) y.push_back(epoch.*value);
    if (std::any_of(y.begin(), y.end(), [](double v) { return std::isfinite(v); })) result.line(x, std::move(y), name);
  }
  if (logarithmic) result.logarithmic_y_if_wide();
  return result.html();
}

std::string curves(const ReportData& data) {
  const std::string charts =
      chart(data, "loss", {{"train", &EpochRow::train_loss}, {"valid", &EpochRow::valid_loss}}) +
      chart(data, data.metric_name, {{"train", &EpochRow::train_metric}, {"valid", &EpochRow::valid_metric}}) +
      chart(data, "learning rate", {{"learning rate", &EpochRow::learning_rate}}, true) +
      chart(data, "gradient norm", {{"gradient norm", &EpochRow::gradient_norm}}, true) +
      chart(data, "largest step ‖Δw‖/‖w‖", {{"largest step", &EpochRow::update_ratio}}, true) +
      chart(data, "share of dead units", {{"share of dead units", &EpochRow::dead_share}});
  return charts.empty() ? "" : "<div class=\"charts\">\n" + charts + "</div>\n";
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
  const std::string metric = shown(data.metric_name);
  std::string rows = row("th", {"epoch", "train loss", "valid loss", "train " + metric, "valid " + metric,
                                "learning rate", "gradient norm", "largest step", "dead", "seconds"});
  for (std::size_t i = 0; i < data.epochs.size(); ++i) {
    const EpochRow& epoch = data.epochs[i];
    if (i % step != 0 && i + 1 != data.epochs.size() && epoch.epoch != data.best_epoch) continue;
    std::vector<std::string> cells{std::to_string(epoch.epoch)};
    for (Value value : {&EpochRow::train_loss, &EpochRow::valid_loss, &EpochRow::train_metric, &EpochRow::valid_metric,
                        &EpochRow::learning_rate, &EpochRow::gradient_norm, &EpochRow::update_ratio,
                        &EpochRow::dead_share, &EpochRow::seconds})
      cells.push_back(format_number(epoch.*value));
    rows += row("td", cells);
  }
  const std::string note = step > 1 ? fmt::format(", each {}th shown", step) : "";
  return fmt::format("<section><details><summary>All {} epochs in numbers{}</summary>\n{}</details></section>\n",
                     data.epochs.size(), note, table(rows));
}

}  // namespace

std::string report_html(const ReportData& data) {
  return page(data.title, header(data) + section("Summary", summary(data)) + section("Results", metrics(data)) +
                              section("Findings", findings(data)) + section("Curves", curves(data)) +
                              section("Confusion matrix", confusion(data)) + section("Columns", columns(data)) +
                              epochs(data));
}

void write_report(const std::filesystem::path& path, const ReportData& data) { write_file(path, report_html(data)); }

}  // namespace relume::plot
