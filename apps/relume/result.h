// The result of a run or an evaluation: for a person, as JSON, for the report.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "relume/train/run_report.h"

namespace relume::app {

struct Result : training::RunResult {
  std::string model_path, run_path;

  /// The object that --json prints; docs/json.md has its fields.
  nlohmann::ordered_json to_json() const;
  /// On stdout: a few lines for a person, or one line of JSON.
  void print(bool json, bool quiet = false) const;
};

/// The metrics of a task under the names of the JSON result.
nlohmann::ordered_json to_json(const training::Metrics& metrics, data::Task task);

/// The findings as the JSON result has them.
nlohmann::ordered_json to_json(const std::vector<health::Finding>& findings);

/// "accuracy 0.9811  loss 0.0641", "rmse 48,012.3  mae …".
std::string to_text(const training::Metrics& metrics, data::Task task);

}  // namespace relume::app
