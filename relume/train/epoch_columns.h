// Public. The columns of metrics.csv: what is measured of each epoch.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "relume/plot/report.h"
#include "relume/train/trainer.h"

namespace relume::training {

struct EpochColumn {
  std::string_view name;  ///< in metrics.csv and in Python's history
  std::string_view tag;   ///< in TensorBoard; empty: not there
  double (*value)(const EpochRow& row);
  std::string_view format = "{}";  ///< in metrics.csv
  std::string_view chart = {};     ///< the heading of its chart in the report; empty: numbers alone
  std::string_view title = {};     ///< in the report, where it is neither that nor the name
  bool logarithmic = false;        ///< drawn so where its values lie far apart
  bool of_valid = false;           ///< seen on the validation rows
};

/// Every column but "epoch" and "findings", which are no measurements, and those of the validation rows, which
/// metric_names() lists.
std::span<const EpochColumn> epoch_columns();

/// What was measured in that epoch, by name: epoch_columns() with the validation rows' metrics as "valid_…".
std::vector<std::pair<std::string, double>> measurements(const EpochRow& row, data::Task task);
/// The same by TensorBoard's tags.
std::vector<std::pair<std::string, double>> curves(const EpochRow& row, data::Task task);
/// The same of all epochs as the report shows it.
std::vector<plot::EpochCurve> report_curves(const std::vector<EpochRow>& rows, data::Task task);
/// metrics.csv: a line an epoch.
std::string to_csv(const std::vector<EpochRow>& rows, data::Task task);

}  // namespace relume::training
