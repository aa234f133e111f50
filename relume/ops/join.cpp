#include "relume/ops/join.h"

#include "relume/autograd/node.h"
#include "relume/base/require.h"

namespace relume {

// y = [x₀ x₁ …]:  dxᵢ is the part of dy where xᵢ lies
Tensor cat(const std::vector<Tensor>& tensors, int dimension) {
  require(!tensors.empty(), "cat: there is no tensor to join");
  const Tensor& first = tensors.front();
  const int n = first.dimensions();
  require<IndexError>(dimension >= -n && dimension < n, "cat: dimension {} is not in {}", dimension, first.shape());
  const int d = dimension < 0 ? dimension + n : dimension;
  Shape shape = first.shape();
  DType dtype = first.dtype();
  shape[d] = 0;
  std::vector<std::int64_t> sizes;
  for (const Tensor& t : tensors) {
    Shape rest = t.shape();
    if (rest.dimensions() == n) rest[d] = first.shape()[d];
    require<ShapeError>(rest == first.shape(), "cat: {} and {} differ outside of dimension {}", first.shape(),
                        t.shape(), d);
    shape[d] += t.shape()[d];
    sizes.push_back(t.shape()[d]);
    dtype = promote(dtype, t.dtype());
  }
  Tensor y = empty(shape, dtype);
  std::int64_t at = 0;
  for (const Tensor& t : tensors) {
    y.slice(d, at, at + t.shape()[d]).copy_(t.detach());
    at += t.shape()[d];
  }
  return record(y, "CatBackward0", tensors, [d, sizes](const BackwardContext& c) {
    Gradients gradients;
    std::int64_t begin = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      gradients.push_back(c.needs(i) ? c.gradient.slice(d, begin, begin + sizes[i]) : Tensor());
      begin += sizes[i];
    }
    return gradients;
  });
}

Tensor stack(const std::vector<Tensor>& tensors, int dimension) {
  std::vector<Tensor> rows;
  rows.reserve(tensors.size());
  for (const Tensor& t : tensors) {
    require<ShapeError>(t.shape() == tensors.front().shape(), "stack: {} and {} differ", tensors.front().shape(),
                        t.shape());
    rows.push_back(t.unsqueeze(dimension));
  }
  return cat(rows, dimension);
}

}  // namespace relume
