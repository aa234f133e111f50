// Compiled for size.
#include "relume/ops/join.h"

#include "relume/autograd/node.h"
#include "relume/base/require.h"
#include "relume/tensor/dimension.h"

namespace relume {

// y = [x₀ x₁ …]:  dxᵢ is the part of dy where xᵢ lies
Tensor cat(const std::vector<Tensor>& tensors, int dimension) {
  require(!tensors.empty(), "cat: there is no tensor to join");
  const Tensor& first = tensors.front();
  const int d = checked_dimension(first.shape(), dimension, "cat");
  Shape shape = first.shape();
  DType dtype = first.dtype();
  shape[d] = 0;
  std::vector<std::int64_t> sizes;
  for (const Tensor& t : tensors) {
    Shape rest = t.shape();
    if (rest.dimensions() == first.dimensions()) rest[d] = first.shape()[d];
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

std::vector<Tensor> split(const Tensor& x, const std::vector<std::int64_t>& sizes, int dimension) {
  std::int64_t total = 0;
  for (const std::int64_t size : sizes) {
    require<ShapeError>(size >= 0, "split: a part of {} elements cannot be", size);
    total += size;
  }
  require<ShapeError>(total == x.size(dimension), "split: the sizes add up to {}, but dimension {} of {} has {}", total,
                      dimension, x.shape(), x.size(dimension));
  std::vector<Tensor> parts;
  std::int64_t at = 0;
  for (const std::int64_t size : sizes) {
    parts.push_back(x.slice(dimension, at, at + size));
    at += size;
  }
  return parts;
}

std::vector<Tensor> split(const Tensor& x, std::int64_t size, int dimension) {
  require(size > 0, "split: parts of {} elements cannot be", size);
  std::vector<std::int64_t> sizes;
  std::int64_t left = x.size(dimension);
  for (; left > size; left -= size) sizes.push_back(size);
  sizes.push_back(left);
  return split(x, sizes, dimension);
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
