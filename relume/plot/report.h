// Public. The report of training runs: one HTML page that needs no network and shows its still pictures without
// JavaScript.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace relume::plot {

inline constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// A measurement in the course of the epochs.
struct EpochCurve {
  std::string name;                 ///< in metrics.csv: "valid_loss"
  std::string title;                ///< in words: "validation loss"
  std::string chart = {};           ///< the heading of its chart, which others may share: "loss"; empty: numbers alone
  std::string line = {};            ///< what it is called there: "valid"; empty: as the heading
  bool logarithmic = false;         ///< drawn so where its values lie far apart
  std::vector<double> values = {};  ///< one an epoch; `unknown` (NaN) leaves it out
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

/// A weight matrix in the course of the epochs.
struct LayerCurve {
  std::string name;
  std::vector<double> gradient_rms;  ///< √ mean g² at the epoch's last check
  std::vector<double> update_ratio;  ///< ‖Δw‖/‖w‖ of the step there
};

/// The units of an activation at the run's end.
struct LayerUnits {
  std::string name;
  bool can_die = false;                ///< a rectifier: a unit that never fires is dead
  std::vector<double> firing = {};     ///< of each unit, the share of rows on which its output is not 0
  std::vector<double> saturated = {};  ///< of sigmoids and their like: the share of rows on which the slope is nearly 0
  double low = 0, high = 0;            ///< of the outputs
  std::vector<std::int64_t> histogram = {};  ///< of the outputs, in bins of equal width from low to high
};

/// A row that the model gets most wrong.
struct Example {
  std::string row;  ///< "row 17 of the test set"
  std::string truth, prediction;
  double loss = 0;
  std::string values;                  ///< of the columns, of a row of a table
  std::int64_t width = 0, height = 0;  ///< of the image; 0 where the row is none
  std::vector<std::uint8_t> pixels;    ///< height × width, 0 black
};

/// Rows that the model is about as sure of: what it says, and how often that is right.
struct CalibrationBin {
  double confidence = 0, accuracy = 0;
  std::int64_t rows = 0;
};

/// Rows with about the same prediction: how far the truth lies from it.
struct ResidualBin {
  double predicted = 0;
  double low = 0, median = 0, high = 0;  ///< the residuals' 10 %, 50 % and 90 %
};

/// How much the loss rises where a column's values are dealt out anew among the rows.
/// Breiman, "Random forests", 2001.
struct Importance {
  std::string column;
  double loss_rise = 0;
};

using Facts = std::vector<std::pair<std::string, std::string>>;

/// What the report shows. Empty members leave their section out; no text needs escaping.
struct ReportData {
  std::string title;
  std::string command;  ///< what repeats the run
  std::string task;     ///< "classification", "regression"
  std::int64_t best_epoch = -1;
  std::vector<std::int64_t> epochs;  ///< their numbers
  std::vector<EpochCurve> curves;    ///< what was measured in them, in the order in which it is shown
  Facts summary;
  Facts machine;  ///< versions, and what the run ran on
  std::vector<MetricRow> metrics;
  std::string held_out;  ///< the rows that the sections from the confusion matrix on are about: "test set, 10,000 rows"
  ConfusionMatrix confusion;
  std::vector<LayerCurve> layers;  ///< from the input to the output; one value an epoch
  std::vector<LayerUnits> units;
  std::vector<Example> worst;
  std::vector<CalibrationBin> calibration;
  std::vector<std::pair<double, double>> residuals;  ///< (prediction, truth less prediction) of some rows
  std::vector<ResidualBin> residual_bins;
  std::vector<Importance> importance;
  std::vector<ReportFinding> findings;
  std::vector<std::string> cures;  ///< what was done about them, in the order of time
  std::vector<std::string> columns_used;
  Facts columns_left_out;  ///< name, reason
};

/// The page of a run. Long runs are thinned so that it stays small. Throws ValueError where the confusion matrix does
/// not fit its labels, or an image its size.
std::string report_html(const ReportData& data);

/// A page that compares runs: their curves together, their results side by side.
std::string comparison_html(const std::vector<ReportData>& runs);

/// Writes the page to `path`, whole or not at all. Throws as report_html, and FileError.
void write_report(const std::filesystem::path& path, const ReportData& data);

}  // namespace relume::plot
