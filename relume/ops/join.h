// Putting tensors together.
#pragma once

#include <vector>

#include "relume/tensor/tensor.h"

namespace relume {

/// One after the other along an existing dimension; all other sizes agree. The dtypes promote.
Tensor cat(const std::vector<Tensor>& tensors, int dimension = 0);
/// Beside each other along a new dimension; all shapes are equal.
Tensor stack(const std::vector<Tensor>& tensors, int dimension = 0);

}  // namespace relume
