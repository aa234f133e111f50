#include "relume/ops/index.h"

#include <algorithm>

#include "relume/autograd/node.h"
#include "relume/base/require.h"
#include "relume/ops/arithmetic.h"

namespace relume {

// yᵢ = x[indexᵢ]:  dx[indexᵢ] += dyᵢ
Tensor index_select(const Tensor& x, int dimension, const Tensor& indices) {
  require<DTypeError>(indices.dtype() == DType::int64, "index_select: the indices are {}, not int64",
                      name(indices.dtype()));
  require<ShapeError>(indices.dimensions() == 1, "index_select: indices of {} are not one row", indices.shape());
  const std::vector<std::int64_t> picked = indices.to_vector<std::int64_t>();
  const std::int64_t size = x.size(dimension);
  for (std::int64_t i : picked)
    require<IndexError>(i >= 0 && i < size, "index_select: index {} is out of range for size {}", i, size);
  const int d = dimension < 0 ? dimension + x.dimensions() : dimension;
  Shape shape = x.shape();
  shape[d] = static_cast<std::int64_t>(picked.size());
  Tensor y = empty(shape, x.dtype());
  for (std::size_t i = 0; i < picked.size(); ++i)
    y.select(d, static_cast<std::int64_t>(i)).copy_(x.detach().select(d, picked[i]));
  return record(y, "IndexSelectBackward0", {&x},
                [before = x.shape(), picked, d](const BackwardContext& c) -> Gradients {
                  Tensor dx = zeros(before, c.gradient.dtype());
                  for (std::size_t i = 0; i < picked.size(); ++i) {
                    Tensor target = dx.select(d, picked[i]);
                    target.copy_(target + c.gradient.select(d, static_cast<std::int64_t>(i)));
                  }
                  return {dx};
                });
}

Tensor one_hot(const Tensor& indices, std::int64_t classes) {
  require<DTypeError>(indices.dtype() == DType::int64, "one_hot: the classes are {}, not int64", name(indices.dtype()));
  const std::vector<std::int64_t> values = indices.to_vector<std::int64_t>();
  if (classes < 0) classes = values.empty() ? 0 : *std::max_element(values.begin(), values.end()) + 1;
  Shape shape = indices.shape();
  shape.push_back(classes);
  Tensor y = zeros(shape, DType::int64);
  for (std::size_t i = 0; i < values.size(); ++i) {
    require<IndexError>(values[i] >= 0 && values[i] < classes, "one_hot: class {} is not in 0 … {}", values[i],
                        classes - 1);
    y.data<std::int64_t>()[static_cast<std::int64_t>(i) * classes + values[i]] = 1;
  }
  return y;
}

}  // namespace relume
