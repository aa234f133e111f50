#include "relume/train/epoch_columns.h"

#include <algorithm>

#include <fmt/format.h>

namespace relume::training {
namespace {

// The list of the columns: a new one is a row here.
constexpr EpochColumn columns[] = {
    {"train_loss", "loss/train", [](const EpochRow& row) { return row.train_loss; }, "{}", "loss", "training loss"},
    {"lr", "training/learning_rate", [](const EpochRow& row) { return row.lr; }, "{}", "learning rate", "", true},
    {"grad_norm", "training/gradient_norm", [](const EpochRow& row) { return row.grad_norm; }, "{}", "gradient norm",
     "", true},
    {"update_ratio", "training/update_ratio", [](const EpochRow& row) { return row.update_ratio; }, "{}",
     "largest step ‖Δw‖/‖w‖", "", true},
    {"dead_share", "health/dead_share", [](const EpochRow& row) { return row.dead_share; }, "{}", "share of dead units",
     "", false, true},
    {"seconds", "", [](const EpochRow& row) { return row.seconds; }, "{:.3f}"},
    {"seconds_per_epoch", "training/seconds_per_epoch",
     [](const EpochRow& row) { return row.seconds / static_cast<double>(std::max<std::int64_t>(row.epoch, 1)); },
     "{:.4g}", "", "seconds an epoch"},  // the mean so far
};

/// auc is not among them: rows without both classes have none.
bool has_column(std::string_view metric) { return metric != "auc"; }

/// What the validation rows' metric was; NaN where there are no such rows.
double value_of(const EpochRow& row, data::Task task, std::string_view metric) {
  if (row.valid.rows > 0)
    for (const auto& [name, value] : values(row.valid, task))
      if (name == metric) return value;
  return plot::unknown;
}

/// A comma and the column's value.
std::string field(const EpochColumn& column, const EpochRow& row) {
  const double value = column.value(row);
  return "," + fmt::vformat(column.format, fmt::make_format_args(value));
}

}  // namespace

std::span<const EpochColumn> epoch_columns() { return columns; }

std::vector<std::pair<std::string, double>> measurements(const EpochRow& row, data::Task task) {
  std::vector<std::pair<std::string, double>> all;
  for (const EpochColumn& column : columns) all.emplace_back(column.name, column.value(row));
  if (row.valid.rows > 0)
    for (const auto& [name, value] : values(row.valid, task)) all.emplace_back(fmt::format("valid_{}", name), value);
  return all;
}

std::vector<std::pair<std::string, double>> curves(const EpochRow& row, data::Task task) {
  std::vector<std::pair<std::string, double>> all;
  for (const EpochColumn& column : columns)
    if (!column.tag.empty()) all.emplace_back(column.tag, column.value(row));
  if (row.valid.rows > 0)
    for (const auto& [name, value] : values(row.valid, task))
      if (has_column(name)) all.emplace_back(name == "loss" ? "loss/valid" : fmt::format("valid/{}", name), value);
  return all;
}

std::vector<plot::EpochCurve> report_curves(const std::vector<EpochRow>& rows, data::Task task) {
  std::vector<plot::EpochCurve> all;
  const auto add = [&](std::string name, std::string_view title, std::string_view chart, const char* line, auto value) {
    plot::EpochCurve& curve = all.emplace_back();
    curve.name = std::move(name);
    curve.title = title;
    curve.chart = chart;
    curve.line = line;
    for (const EpochRow& row : rows) curve.values.push_back(value(row));
  };
  const auto add_column = [&](const EpochColumn& column) {
    const std::string_view title = !column.title.empty()   ? column.title
                                   : !column.chart.empty() ? column.chart
                                                           : column.name;
    add(std::string(column.name), title, column.chart, column.chart == "loss" ? "train" : "", [&](const EpochRow& row) {
      return column.of_valid && row.valid.rows == 0 ? plot::unknown : column.value(row);
    });
    all.back().logarithmic = column.logarithmic;
  };
  add_column(columns[0]);
  for (const std::string_view name : metric_names(task)) {
    if (!has_column(name)) continue;
    const bool drawn = name == "loss" || name == main_metric(task);
    add(fmt::format("valid_{}", name), fmt::format("validation {}", name), drawn ? name : "", "valid",
        [&](const EpochRow& row) { return value_of(row, task, name); });
  }
  for (const EpochColumn& column : std::span(columns).subspan(1)) add_column(column);
  return all;
}

std::string to_csv(const std::vector<EpochRow>& rows, data::Task task) {
  // As ever since: the validation's metrics stand behind the training's loss.
  const EpochColumn& loss = columns[0];
  const std::span others = std::span(columns).subspan(1);
  const auto names = metric_names(task);
  std::string text = fmt::format("epoch,{}", loss.name);
  for (const std::string_view name : names)
    if (has_column(name)) text += fmt::format(",valid_{}", name);
  for (const EpochColumn& column : others) text += fmt::format(",{}", column.name);
  text += ",findings\n";
  for (const EpochRow& row : rows) {
    text += std::to_string(row.epoch) + field(loss, row);
    const NamedValues valid = values(row.valid, task);
    for (std::size_t i = 0; i < names.size(); ++i)
      if (has_column(names[i])) text += row.valid.rows > 0 ? fmt::format(",{}", valid[i].second) : ",";
    for (const EpochColumn& column : others) text += field(column, row);
    text += "," + row.findings + "\n";
  }
  return text;
}

}  // namespace relume::training
