// Predictions as the text that `relume predict` writes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "relume/train/predict.h"

namespace relume::app {

/// What comes first, a part for each call of rows(), what comes last.
class PredictionText {
 public:
  virtual ~PredictionText() = default;
  virtual std::string begin() = 0;
  /// `ids`: one for each row, or none.
  virtual std::string rows(const training::Predictions& predictions, const std::vector<std::string>& ids) = 0;
  virtual std::string end() = 0;
};

/// A line for each row: the id under its column's name, where there is one, the prediction, the probabilities. The
/// model must outlive it.
std::unique_ptr<PredictionText> prediction_csv(const io::Model& model, const std::string& id_column);

/// One line, an object: docs/json.md has its fields. The model must outlive it.
std::unique_ptr<PredictionText> prediction_json(const io::Model& model);

}  // namespace relume::app
