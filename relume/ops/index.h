// Public. Picking rows and making them.
#pragma once

#include "relume/tensor/tensor.h"

namespace relume {

/// The slices of x along `dimension` that the int64 `indices` (one dimension) name.
Tensor index_select(const Tensor& x, int dimension, const Tensor& indices);
/// For int64 classes: zeros with a one at the class, in a new last dimension of `classes` (−1: the largest plus one).
Tensor one_hot(const Tensor& indices, std::int64_t classes = -1);

}  // namespace relume
