// Public. A network whose weights are in a file that somebody else has written.
#pragma once

#include <filesystem>
#include <string>

#include "relume/io/model.h"
#include "relume/io/trial.h"

namespace relume::io {

/// The network `layers` (the output layer follows, or stands at its end) with the matrices of a safetensors file as the
/// weights of its linear layers, in the order of their names: 0.weight, 2.weight, 10.weight. Biases are the vectors of
/// the same names, or 0. Throws InputError that says which tensor does not fit which layer.
Model load_foreign_model(const std::filesystem::path& path, const std::string& layers);

/// Rows for it, as they are: bytes become shares of 255, columns of a table are not standardised. Sets the model's task
/// and labels. Throws InputError where text or a missing value stands where a number is needed, or the width differs.
Trial make_foreign_trial(Model& model, const std::string& data, const std::string& target);

}  // namespace relume::io
