// Public. What a model says of rows, in the target's own terms.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "relume/io/model.h"

namespace relume::training {

struct Predictions {
  Tensor probabilities = {};               ///< classification: float32 [rows, classes]
  std::vector<double> values = {};         ///< regression: in the target's units
  std::vector<std::int64_t> classes = {};  ///< classification: the most probable one's place among the labels
};

/// Runs the network over rows as the model's preprocessing, or an array, gives them: float32 or uint8 [n, features]. A
/// value is output · target_scale + target_mean in double precision: float32 holds few of the values that lie near
/// a large mean. `first_row` numbers the rows for messages, from 0. Throws ShapeError where the rows are of another
/// width, and Error, which names the row, where an output is NaN or infinite: nothing can be said of it.
Predictions predict(const io::Model& model, const Tensor& features, std::int64_t first_row = 0);

/// A value of predict() with the digits that mean something: see data::rounded().
std::string to_text(double value, const io::Model& model);

}  // namespace relume::training
