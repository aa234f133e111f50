// Compiled for size.
#include "relume/ops/order.h"

#include <algorithm>
#include <numeric>

#include "relume/autograd/node.h"
#include "relume/base/function_ref.h"
#include "relume/base/require.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/reduce.h"
#include "relume/tensor/dimension.h"
#include "relume/tensor/strided.h"

namespace relume {
namespace {

void check_index(const Tensor& x, int d, const Tensor& index) {
  require<DTypeError>(index.dtype() == DType::int64, "gather: the index is {}, not int64", name(index.dtype()));
  bool fits = index.dimensions() == x.dimensions();
  for (int i = 0; fits && i < x.dimensions(); ++i) fits = i == d || index.shape()[i] <= x.shape()[i];
  require<ShapeError>(fits, "gather: an index of {} does not fit {} along dimension {}", index.shape(), x.shape(), d);
  for (const std::int64_t i : index.to_vector<std::int64_t>())
    require<IndexError>(i >= 0 && i < x.shape()[d], "gather: index {} is out of range for size {}", i, x.shape()[d]);
}

/// One row of an index, and where its elements lie.
struct PickedRow {
  const std::int64_t* index;
  std::int64_t index_stride, base, base_stride, step, other, other_stride, count;

  /// Calls visit(place in `base`, place in `other`) for each element.
  template <class F>
  void each(F&& visit) const {
    for (std::int64_t i = 0; i < count; ++i)
      visit(base + i * base_stride + index[i * index_stride] * step, other + i * other_stride);
  }
};

/// `other` has the index's shape. Rows are found once for all types of elements.
void for_each_picked(const Tensor& base, int d, const Tensor& index, const Tensor& other,
                     FunctionRef<void(const PickedRow&)> visit) {
  Shape across = base.strides();
  across[d] = 0;
  const std::int64_t step = base.strides()[d];
  const auto* picked = index.data<std::int64_t>();
  for_each_row<3>(index.shape(), {index.strides(), across, other.strides()},
                  [&](const auto& offset, const auto& stride, std::int64_t n) {
                    visit({picked + offset[0], stride[0], offset[1], stride[1], step, offset[2], stride[2], n});
                  });
}

/// The order of each row along the last dimension.
Tensor order_of(const Tensor& rows, bool descending) {
  Tensor order = empty(rows.shape(), DType::int64);
  if (rows.elements() == 0) return order;
  const std::int64_t size = rows.size(-1);
  visit(rows.dtype(), [&]<class T>() {
    const auto value = [](T v) {
      if constexpr (std::is_class_v<T>)
        return static_cast<float>(v);
      else
        return v;
    };
    // NaN is larger than everything but NaN.
    const auto less = [&](T a, T b) {
      const auto u = value(a), v = value(b);
      return v != v ? u == u : u < v;
    };
    for (std::int64_t row = 0; row < rows.elements() / size; ++row) {
      const T* data = rows.data<T>() + row * size;
      const std::span<std::int64_t> places(order.data<std::int64_t>() + row * size, static_cast<std::size_t>(size));
      std::iota(places.begin(), places.end(), std::int64_t{0});
      std::stable_sort(places.begin(), places.end(), [&](std::int64_t a, std::int64_t b) {
        return descending ? less(data[b], data[a]) : less(data[a], data[b]);
      });
    }
  });
  return order;
}

Ordered sorted(const Tensor& x, int dimension, std::int64_t count, bool descending, const char* operation) {
  const int d = checked_dimension(x.shape(), dimension, operation);
  require(count >= 0 && count <= x.size(d), "{}: there are no {} elements along dimension {} of {}", operation, count,
          d, x.shape());
  const Tensor order = order_of(x.detach().transpose(d, -1).contiguous(), descending);
  const Tensor indices = order.slice(-1, 0, count).transpose(d, -1).contiguous();
  return {gather(x, d, indices), indices};
}

Ordered picked(const Tensor& x, int d, const Tensor& indices, bool keepdim) {
  const Tensor values = gather(x, d, indices);
  return keepdim ? Ordered{values, indices} : Ordered{values.squeeze(d), indices.squeeze(d)};
}

}  // namespace

// y = x[index]:  dx[index] += dy
Tensor gather(const Tensor& x, int dimension, const Tensor& index) {
  const int d = checked_dimension(x.shape(), dimension, "gather");
  check_index(x, d, index);
  Tensor y = empty(index.shape(), x.dtype());
  visit(x.dtype(), [&]<class T>() {
    const T* from = x.data<T>();
    T* to = y.data<T>();
    for_each_picked(x, d, index, y, [&](const PickedRow& row) {
      row.each([&](std::int64_t in_x, std::int64_t in_y) { to[in_y] = from[in_x]; });
    });
  });
  return record(y, "GatherBackward0", {&x},
                [before = x.shape(), d, index = Saved(index)](const BackwardContext& c) -> Gradients {
                  Tensor dx = zeros(before, c.gradient.dtype());
                  visit(dx.dtype(), [&]<class T>() {
                    const T* from = c.gradient.data<T>();
                    T* to = dx.data<T>();
                    for_each_picked(dx, d, c(index), c.gradient, [&](const PickedRow& row) {
                      row.each([&](std::int64_t in_x, std::int64_t in_y) {
                        if constexpr (std::is_class_v<T>)
                          to[in_x] = T(static_cast<float>(to[in_x]) + static_cast<float>(from[in_y]));
                        else
                          to[in_x] = static_cast<T>(to[in_x] + from[in_y]);
                      });
                    });
                  });
                  return {dx};
                });
}

Ordered sort(const Tensor& x, int dimension, bool descending) {
  const int d = checked_dimension(x.shape(), dimension, "sort");
  return sorted(x, d, x.size(d), descending, "sort");
}

Ordered topk(const Tensor& x, std::int64_t count, int dimension, bool largest) {
  return sorted(x, dimension, count, largest, "topk");
}

Ordered max(const Tensor& x, int dimension, bool keepdim) {
  const int d = checked_dimension(x.shape(), dimension, "max");
  return picked(x, d, argmax(x, d, true), keepdim);
}

Ordered min(const Tensor& x, int dimension, bool keepdim) {
  const int d = checked_dimension(x.shape(), dimension, "min");
  return picked(x, d, argmin(x, d, true), keepdim);
}

Ordered Tensor::max(int dimension, bool keepdim) const { return relume::max(*this, dimension, keepdim); }
Ordered Tensor::min(int dimension, bool keepdim) const { return relume::min(*this, dimension, keepdim); }

}  // namespace relume
