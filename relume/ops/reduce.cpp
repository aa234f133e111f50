// Compiled for size.
#include "relume/ops/reduce.h"

#include <array>

#include "relume/autograd/node.h"
#include "relume/base/require.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/comparison.h"
#include "relume/tensor/dimension.h"
#include "relume/tensor/strided.h"

namespace relume {
namespace {

/// Which dimensions of x are named; throws for one that x has not, or that is named twice.
std::array<bool, Shape::max_dimensions> named(const Tensor& x, const Shape& dimensions, const char* operation) {
  std::array<bool, Shape::max_dimensions> result{};
  for (std::int64_t d : dimensions) {
    bool& given = result[static_cast<std::size_t>(checked_dimension(x.shape(), d, operation))];
    require(!given, "{}: dimension {} is given twice", operation, d);
    given = true;
  }
  return result;
}

/// x's shape with the named dimensions as 1, or left out.
Shape reduced_shape(const Tensor& x, const std::array<bool, Shape::max_dimensions>& gone, bool keepdim) {
  Shape shape;
  for (int i = 0; i < x.dimensions(); ++i) {
    if (!gone[static_cast<std::size_t>(i)])
      shape.push_back(x.shape()[i]);
    else if (keepdim)
      shape.push_back(1);
  }
  return shape;
}

template <class T>
using Sum = std::conditional_t<std::is_floating_point_v<T> || std::is_class_v<T>, double, std::int64_t>;

template <class T>
Sum<T> widened(T value) {
  if constexpr (std::is_class_v<T>)
    return static_cast<float>(value);
  else
    return static_cast<Sum<T>>(value);
}

/// Adds up x into an accumulator for each element of the result, in double or int64.
template <class T>
void add_up(const Tensor& x, const Shape& kept, std::vector<Sum<T>>& sums) {
  const Shape sum_strides = broadcast_strides(kept, row_major_strides(kept), x.shape());
  const T* data = x.data<T>();
  for_each_row<2>(x.shape(), {x.strides(), sum_strides}, [&](const auto& offset, const auto& stride, std::int64_t n) {
    const T* from = data + offset[0];
    Sum<T>* to = sums.data() + offset[1];
    if (stride[1] != 0) {
      for (std::int64_t i = 0; i < n; ++i) to[i * stride[1]] += widened(from[i * stride[0]]);
      return;
    }
    std::array<Sum<T>, 8> lanes{};  // independent sums, so that the additions overlap
    std::int64_t i = 0;
    for (; i + 8 <= n; i += 8)
      for (std::int64_t k = 0; k < 8; ++k) lanes[static_cast<std::size_t>(k)] += widened(from[(i + k) * stride[0]]);
    for (; i < n; ++i) lanes[0] += widened(from[i * stride[0]]);
    for (const Sum<T>& lane : lanes) *to += lane;
  });
}

Tensor sum_values(const Tensor& x, const Shape& kept, const Shape& shape, double divisor) {
  Tensor y = empty(shape, is_floating(x.dtype()) ? x.dtype() : DType::int64);
  visit(x.dtype(), [&]<class T>() {
    std::vector<Sum<T>> sums(static_cast<std::size_t>(kept.elements()));
    add_up<T>(x, kept, sums);
    if constexpr (std::is_class_v<T>) {
      for (std::size_t i = 0; i < sums.size(); ++i) y.data<T>()[i] = T(static_cast<float>(sums[i] / divisor));
    } else if constexpr (std::is_floating_point_v<T>) {
      for (std::size_t i = 0; i < sums.size(); ++i) y.data<T>()[i] = static_cast<T>(sums[i] / divisor);
    } else {
      std::copy(sums.begin(), sums.end(), y.data<std::int64_t>());
    }
  });
  return y;
}

Shape all_dimensions(const Tensor& x) {
  Shape all;
  for (int i = 0; i < x.dimensions(); ++i) all.push_back(i);
  return all;
}

// y = Σ x / divisor:  dx = dy / divisor, spread over what was summed
Tensor sum_and_divide(const Tensor& x, const Shape& dimensions, bool keepdim, double divisor, const char* operation,
                      const char* node) {
  const auto gone = named(x, dimensions, operation);
  const Shape kept = reduced_shape(x, gone, true);
  Tensor y = sum_values(x, kept, reduced_shape(x, gone, keepdim), divisor);
  return record(y, node, {&x}, [shape = x.shape(), kept, divisor](const BackwardContext& c) -> Gradients {
    const Tensor spread = c.gradient.reshape(kept).expand(shape);
    return {divisor == 1 ? spread : spread / divisor};
  });
}

// y = max x:  dx = dy where x = y, shared among equals
Tensor extreme(const Tensor& x, bool largest) {
  const char* operation = largest ? "max" : "min";
  require(x.elements() > 0, "{}: an empty tensor has none", operation);
  Tensor y = empty({}, x.dtype());
  visit(x.dtype(), [&]<class T>() {
    const Tensor row = x.detach().contiguous();
    T best = row.data<T>()[0];
    for (const T& value : row.span<T>()) {
      const auto v = widened(value), b = widened(best);
      if (v != v || (b == b && (largest ? v > b : v < b))) best = value;
    }
    *y.data<T>() = best;
  });
  return record(y, largest ? "MaxBackward1" : "MinBackward1", {&x},
                [x = Saved(x), y = saved_output(y)](const BackwardContext& c) -> Gradients {
                  const Tensor winners = (c(x) == c(y)).to(c.gradient.dtype());
                  return {winners * (c.gradient / sum(winners))};
                });
}

Tensor place_of_extreme(const Tensor& x, int dimension, bool keepdim, bool largest) {
  const char* operation = largest ? "argmax" : "argmin";
  const auto gone = named(x, {dimension}, operation);
  const int d = dimension < 0 ? dimension + x.dimensions() : dimension;
  require(x.size(d) > 0, "{}: {} has nothing along dimension {}", operation, x.shape(), dimension);
  const Tensor rows = x.detach().transpose(d, -1).contiguous();
  Tensor best = empty(rows.shape(), DType::int64).select(-1, 0).contiguous();
  visit(x.dtype(), [&]<class T>() {
    const T* row = rows.data<T>();
    for (std::int64_t& index : best.span<std::int64_t>()) {
      index = 0;
      for (std::int64_t i = 1; i < rows.size(-1); ++i) {
        const auto value = widened(row[i]), best_value = widened(row[index]);
        const bool better = largest ? value > best_value : value < best_value;
        if (best_value == best_value && (better || value != value)) index = i;
      }
      row += rows.size(-1);
    }
  });
  const Tensor y = best.unsqueeze(-1).transpose(d, -1).contiguous();
  return y.reshape(reduced_shape(x, gone, keepdim));
}

}  // namespace

Tensor sum(const Tensor& x, const Shape& dimensions, bool keepdim) {
  return sum_and_divide(x, dimensions, keepdim, 1, "sum", dimensions.dimensions() ? "SumBackward1" : "SumBackward0");
}

Tensor sum(const Tensor& x) { return sum_and_divide(x, all_dimensions(x), false, 1, "sum", "SumBackward0"); }

Tensor mean(const Tensor& x, const Shape& dimensions, bool keepdim) {
  require<DTypeError>(is_floating(x.dtype()), "mean: of {}; convert it with to(float32) first", name(x.dtype()));
  const auto gone = named(x, dimensions, "mean");
  const auto kept = static_cast<double>(reduced_shape(x, gone, true).elements());
  const double divisor = static_cast<double>(x.elements()) / kept;
  return sum_and_divide(x, dimensions, keepdim, divisor, "mean",
                        dimensions.dimensions() == x.dimensions() ? "MeanBackward0" : "MeanBackward1");
}

Tensor mean(const Tensor& x) { return mean(x, all_dimensions(x), false); }

Tensor max(const Tensor& x) { return extreme(x, true); }
Tensor min(const Tensor& x) { return extreme(x, false); }

Tensor argmax(const Tensor& x, int dimension, bool keepdim) { return place_of_extreme(x, dimension, keepdim, true); }
Tensor argmin(const Tensor& x, int dimension, bool keepdim) { return place_of_extreme(x, dimension, keepdim, false); }

Tensor Tensor::sum() const { return relume::sum(*this); }
Tensor Tensor::sum(const Shape& dimensions, bool keepdim) const { return relume::sum(*this, dimensions, keepdim); }
Tensor Tensor::mean() const { return relume::mean(*this); }
Tensor Tensor::mean(const Shape& dimensions, bool keepdim) const { return relume::mean(*this, dimensions, keepdim); }
Tensor Tensor::max() const { return relume::max(*this); }
Tensor Tensor::min() const { return relume::min(*this); }
Tensor Tensor::argmax(int dimension, bool keepdim) const { return relume::argmax(*this, dimension, keepdim); }
Tensor Tensor::argmin(int dimension, bool keepdim) const { return relume::argmin(*this, dimension, keepdim); }

}  // namespace relume
