// The report of a training run: one HTML page that needs neither a network nor JavaScript.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace relume::plot {

inline constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// What was measured in one epoch; `unknown` (NaN) leaves a value out.
struct EpochRow {
  std::int64_t epoch = 0;
  double train_loss = unknown;
  double valid_loss = unknown;
  double train_metric = unknown;
  double valid_metric = unknown;
  double learning_rate = unknown;
  double gradient_norm = unknown;
  double update_ratio = unknown;  ///< the largest ‖Δw‖/‖w‖ of a weight matrix
  double dead_share = unknown;    ///< of all ReLU-like units, 0 to 1
  double seconds = unknown;
};

/// A line of the table of results: one metric on the three parts of the data.
struct MetricRow {
  std::string name;
  double train = unknown;
  double valid = unknown;
  double test = unknown;
};

/// How often the rows of each class were given each class.
struct ConfusionMatrix {
  std::vector<std::string> labels;
  std::vector<std::vector<std::int64_t>> counts;  ///< [true class][predicted class]
};

struct ReportFinding {
  std::string rule;
  std::string severity;  ///< "error", "warning" or "info"
  std::string layer;
  std::string text;
  std::string remedy;
};

/// What the report shows. Empty members leave their section out; no text needs escaping.
struct ReportData {
  std::string title;
  std::string command;
  std::string task;              ///< "classification" or "regression"
  std::string metric_name;       ///< of train_metric and valid_metric
  std::int64_t best_epoch = -1;  ///< marked in the curves; negative: none
  std::vector<EpochRow> epochs;
  std::vector<std::pair<std::string, std::string>> summary;
  std::vector<MetricRow> metrics;
  ConfusionMatrix confusion;
  std::vector<ReportFinding> findings;
  std::vector<std::string> cures;  ///< what was done about them, in the order of time
  std::vector<std::string> columns_used;
  std::vector<std::pair<std::string, std::string>> columns_left_out;  ///< name and reason
};

/// The page as text, under 1 MB at any number of epochs and classes. Throws ValueError where the confusion matrix does
/// not fit its labels.
std::string report_html(const ReportData& data);

/// Writes the page to `path`, whole or not at all. Throws as report_html, and FileError.
void write_report(const std::filesystem::path& path, const ReportData& data);

}  // namespace relume::plot
