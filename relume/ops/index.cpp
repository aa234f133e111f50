// Compiled for size.
#include "relume/ops/index.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "relume/autograd/node.h"
#include "relume/base/require.h"

namespace relume {

namespace {

/// A contiguous tensor around one of its dimensions: `outer` blocks of `size` rows of `inner` elements.
struct Around {
  std::int64_t outer = 1, size = 1, inner = 1;
  Around(const Shape& shape, int d) : size(shape[d]) {
    for (int i = 0; i < d; ++i) outer *= shape[i];
    for (int i = d + 1; i < shape.dimensions(); ++i) inner *= shape[i];
  }
};

/// to[indexᵢ] += fromᵢ
template <class T>
void add_rows(const Around& to, const std::vector<std::int64_t>& index, const T* from, T* into) {
  for (std::int64_t o = 0; o < to.outer; ++o)
    for (const std::int64_t i : index) {
      T* row = into + (o * to.size + i) * to.inner;
      for (std::int64_t k = 0; k < to.inner; ++k) {
        if constexpr (std::is_class_v<T>)
          row[k] = T(static_cast<float>(row[k]) + static_cast<float>(from[k]));
        else
          row[k] += from[k];
      }
      from += to.inner;
    }
}

}  // namespace

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
  shape[d] = indices.elements();
  Tensor y = empty(shape, x.dtype());
  const Tensor from = x.detach().contiguous();
  const Around around(x.shape(), d);
  const std::size_t row = static_cast<std::size_t>(around.inner) * size_of(x.dtype());
  auto* to = static_cast<std::byte*>(y.raw_data());
  for (std::int64_t o = 0; o < around.outer && row > 0; ++o)
    for (const std::int64_t i : picked) {
      const auto begin = static_cast<std::size_t>(o * around.size + i) * row;
      std::memcpy(to, static_cast<const std::byte*>(from.raw_data()) + begin, row);
      to += row;
    }
  return record(y, "IndexSelectBackward0", {&x},
                [before = x.shape(), picked, d](const BackwardContext& c) -> Gradients {
                  const Tensor dy = c.gradient.contiguous();
                  Tensor dx = zeros(before, dy.dtype());
                  const auto add = [&]<class T>() { add_rows(Around(before, d), picked, dy.data<T>(), dx.data<T>()); };
                  switch (dy.dtype()) {
                    case DType::float64: add.operator()<double>(); break;
                    case DType::float16: add.operator()<Half>(); break;
                    case DType::bfloat16: add.operator()<BFloat16>(); break;
                    default: add.operator()<float>();
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
