// Private. What becomes of layers that were frozen one by one.
#pragma once

#include <cstdint>
#include <vector>

#include "relume/infer/frozen.h"

namespace relume::infer {

/// A BatchNorm: (x − mean) / √(variance + ε) · weight + bias
Scale scale_of(std::vector<float> mean, std::vector<float> weight, std::vector<float> bias,
               const std::vector<float>& variance, double epsilon);

/// The scaling of a model's arrays, as its first layer.
void add_input_scale(Frozen& frozen, const io::Model& model);

/// With its layers folded into each other, and its widths. Throws InputError where they do not fit.
Frozen finished(Frozen frozen, std::int64_t features);

}  // namespace relume::infer
