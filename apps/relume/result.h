// Private. The result of a run or an evaluation, for a person or as JSON.
#pragma once

#include <string>

#include "relume/train/run_report.h"

namespace relume::app {

/// On stdout: a few lines for a person.
void print_text(const training::Run& run, bool quiet);
/// One line of JSON.
void print_json(const training::Run& run);

/// "accuracy 0.9811  loss 0.0641", "rmse 48,012.3  mae …".
std::string to_text(const training::Metrics& metrics, data::Task task);

}  // namespace relume::app
