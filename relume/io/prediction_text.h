// Private. Predictions as the text that `relume predict` writes.
#pragma once

#include <cstdint>
#include <string>

#include "relume/io/predictions.h"

namespace relume::io {

/// The text, part by part.
class PredictionText {
 public:
  explicit PredictionText(PredictionFormat format) : json_(format == PredictionFormat::json) {}

  /// The first call's text begins with what stands above all rows.
  std::string rows(const Predictions& predictions);
  std::string end() const;

 private:
  std::string head(const Predictions& predictions) const;

  bool json_;
  bool begun_ = false;
  std::int64_t rows_ = 0;
};

}  // namespace relume::io
