// Public. Putting tensors together.
#pragma once

#include <vector>

#include "relume/tensor/tensor.h"

namespace relume {

/// One after the other along an existing dimension; all other sizes agree. The dtypes promote.
Tensor cat(const std::vector<Tensor>& tensors, int dimension = 0);
/// The parts of a tensor along a dimension, as views: `size` each, the last one smaller where it does not divide.
std::vector<Tensor> split(const Tensor& x, std::int64_t size, int dimension = 0);
/// Parts of these sizes, which add up to the dimension's.
std::vector<Tensor> split(const Tensor& x, const std::vector<std::int64_t>& sizes, int dimension = 0);
/// Beside each other along a new dimension; all shapes are equal.
Tensor stack(const std::vector<Tensor>& tensors, int dimension = 0);

}  // namespace relume
