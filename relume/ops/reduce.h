// Public. Sums, means and extremes along dimensions.
#pragma once

#include "relume/tensor/tensor.h"

namespace relume {

/// The sum of all elements. Integers and bool sum as int64. Floats are summed in double.
Tensor sum(const Tensor& x);
/// Along the given dimensions (negative ones count from the end); `keepdim` leaves them with size 1.
Tensor sum(const Tensor& x, const Shape& dimensions, bool keepdim = false);
Tensor mean(const Tensor& x);
Tensor mean(const Tensor& x, const Shape& dimensions, bool keepdim = false);
/// The largest (smallest) element; the gradient goes to it, shared evenly among equals. NaN wins.
Tensor max(const Tensor& x);
Tensor min(const Tensor& x);
/// The index of the first largest (smallest) element along a dimension, int64. NaN wins.
Tensor argmax(const Tensor& x, int dimension, bool keepdim = false);
Tensor argmin(const Tensor& x, int dimension, bool keepdim = false);

}  // namespace relume
