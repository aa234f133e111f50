// Public. Picking by index and by order: gather, sort, the largest few, extremes along a dimension.
#pragma once

#include "relume/tensor/tensor.h"

namespace relume {

/// Elements and where in the dimension they were (int64).
struct Ordered {
  Tensor values;
  Tensor indices;
};

/// y[i][j] = x[index[i][j]][j] for dimension 0, and so for any other. `index` is int64, has as many dimensions as x
/// and is no larger than x outside of `dimension`. Throws IndexError for an index outside of 0 … size − 1.
Tensor gather(const Tensor& x, int dimension, const Tensor& index);

/// x in order along a dimension. Equal elements keep their order; NaN counts as the largest, as in PyTorch.
Ordered sort(const Tensor& x, int dimension = -1, bool descending = false);
/// The `count` largest (smallest) elements along a dimension, in order.
Ordered topk(const Tensor& x, std::int64_t count, int dimension = -1, bool largest = true);
/// The largest (smallest) elements along a dimension, the first of equals; NaN wins. The gradient goes to them alone.
Ordered max(const Tensor& x, int dimension, bool keepdim = false);
Ordered min(const Tensor& x, int dimension, bool keepdim = false);

}  // namespace relume
