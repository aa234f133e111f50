// Rows that a Predictor is timed with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "relume/infer/predictor.h"

namespace relume::app {

/// Those of the data, as the predictor takes them; without data 64 of chance. `command` is who says what is wrong.
std::vector<float> rows_for(const io::Model& model, const Predictor& predictor, const std::string& data,
                            std::string_view command);

}  // namespace relume::app
