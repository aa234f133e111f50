// Public. What a trainer takes: features and targets, row by row.
#pragma once

#include <cstdint>
#include <span>

#include "relume/tensor/tensor.h"

namespace relume::data {

/// What is done to every feature on its way into a batch: x · scale + shift.
struct InputScale {
  float scale = 1;
  float shift = 0;
};

struct Dataset {
  Tensor features;  ///< float32 or uint8 [n, …]; batches are float32
  Tensor targets;   ///< int64 [n] or float32 [n, 1]
  InputScale scale;

  std::int64_t rows() const { return features.defined() ? features.size(0) : 0; }
};

/// The scale that gives these rows mean 0 and standard deviation 1 over all their elements together, as suits images.
/// float32 or uint8; 1 and −mean where all elements are alike. Throws DTypeError on another type.
InputScale fit_input_scale(const Tensor& features, std::span<const std::int64_t> rows);

}  // namespace relume::data
