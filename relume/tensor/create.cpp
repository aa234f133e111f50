// Compiled for size.
// Making tensors: from nothing, from values, from random numbers, from memory of somebody else's.
#include <algorithm>
#include <cmath>
#include <new>
#include <numeric>

#include "relume/base/require.h"
#include "relume/base/rng.h"
#include "relume/tensor/tensor.h"

namespace relume {
namespace {

Tensor with_options(Tensor t, const TensorOptions& options) {
  if (options.requires_grad) t.requires_grad_();
  return t;
}

/// Fills a new tensor with next(i), computed in double.
template <class F>
Tensor generate(const Shape& shape, const TensorOptions& options, F&& next) {
  Tensor t = empty(shape, options.dtype);
  visit(options.dtype, [&]<class T>() {
    T* data = t.data<T>();
    for (std::int64_t i = 0; i < t.elements(); ++i) {
      if constexpr (std::is_class_v<T>)
        data[i] = T(static_cast<float>(next(i)));
      else
        data[i] = static_cast<T>(next(i));
    }
  });
  return with_options(std::move(t), options);
}

}  // namespace

Tensor empty(const Shape& shape, TensorOptions options) {
  const std::int64_t elements = checked_elements(shape, "empty");
  try {
    return with_options(Tensor(TensorImpl::create(options.dtype, shape, elements)), options);
  } catch (const std::bad_alloc&) {
    fail("empty: {} of {} needs {:.3g} GB, which this machine does not have", shape, name(options.dtype),
         static_cast<double>(elements) * static_cast<double>(size_of(options.dtype)) / 1e9);
  }
}

Tensor full(const Shape& shape, double value, TensorOptions options) {
  Tensor t = empty(shape, options.dtype);
  t.fill_(value);
  return with_options(std::move(t), options);
}

Tensor zeros(const Shape& shape, TensorOptions options) { return full(shape, 0, options); }
Tensor ones(const Shape& shape, TensorOptions options) { return full(shape, 1, options); }
Tensor empty_like(const Tensor& like) { return empty(like.shape(), like.dtype()); }
Tensor zeros_like(const Tensor& like) { return zeros(like.shape(), like.dtype()); }

Tensor arange(double start, double end, double step, TensorOptions options) {
  require(step != 0 && (end - start) / step >= 0, "arange: {} does not lead from {} to {}", step, start, end);
  require((end - start) / step < 0x1p53, "arange: from {} to {} by {} are too many numbers", start, end, step);
  const auto count = static_cast<std::int64_t>(std::ceil((end - start) / step));
  return generate({count}, options, [&](std::int64_t i) { return start + static_cast<double>(i) * step; });
}

Tensor linspace(double start, double end, std::int64_t count, TensorOptions options) {
  require(count >= 0, "linspace: {} numbers cannot be made", count);
  const double step = count > 1 ? (end - start) / static_cast<double>(count - 1) : 0;
  // From the nearer end, so that both ends come out exactly.
  return generate({count}, options, [&](std::int64_t i) {
    return i < (count + 1) / 2 ? start + static_cast<double>(i) * step
                               : end - static_cast<double>(count - 1 - i) * step;
  });
}

Tensor rand(const Shape& shape, TensorOptions options) {
  // Drawn in the dtype's own precision: rounding a double could give 1.
  const bool wide = options.dtype == DType::float64;
  return generate(shape, options, [&](std::int64_t) {
    const double u = default_rng().uniform();
    return wide ? u : std::floor(u * 0x1p24) * 0x1p-24;
  });
}

Tensor randn(const Shape& shape, TensorOptions options) {
  return generate(shape, options, [](std::int64_t) { return default_rng().normal(); });
}

Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape, TensorOptions options) {
  require(low < high, "randint: there is no integer in [{}, {})", low, high);
  return generate(shape, options, [&](std::int64_t) {
    return low + static_cast<std::int64_t>(default_rng().below(static_cast<std::uint64_t>(high - low)));
  });
}

Tensor randperm(std::int64_t n) {
  Tensor t = arange(0, static_cast<double>(n));
  default_rng().shuffle(t.span<std::int64_t>());
  return t;
}

Tensor tensor(std::initializer_list<std::initializer_list<double>> rows, TensorOptions options) {
  const auto height = static_cast<std::int64_t>(rows.size());
  const auto width = static_cast<std::int64_t>(height ? rows.begin()->size() : 0);
  for (const auto& row : rows)
    require<ShapeError>(static_cast<std::int64_t>(row.size()) == width, "tensor: rows of {} and {} numbers", width,
                        row.size());
  return generate({height, width}, options, [&](std::int64_t i) { return rows.begin()[i / width].begin()[i % width]; });
}

Tensor scalar(double value, TensorOptions options) { return full({}, value, options); }

Tensor from_blob(void* data, const Shape& shape, DType dtype, std::function<void(void*)> deleter) {
  const std::int64_t elements = checked_elements(shape, "from_blob");
  const std::size_t bytes = static_cast<std::size_t>(elements) * size_of(dtype);
  return Tensor(TensorImpl::create(Storage::from_blob(data, bytes, std::move(deleter)), dtype, shape, elements));
}

template <class T>
Tensor from_vector(const std::vector<T>& values, std::optional<Shape> shape) {
  const auto count = static_cast<std::int64_t>(values.size());
  if (!shape) shape.emplace({count});
  const Shape& sizes = *shape;
  require<ShapeError>(sizes.elements() == count, "from_vector: {} values do not fill {}", count, sizes);
  Tensor t = empty(sizes, dtype_v<T>);
  std::copy(values.begin(), values.end(), t.data<T>());
  return t;
}

template Tensor from_vector(const std::vector<float>&, std::optional<Shape>);
template Tensor from_vector(const std::vector<double>&, std::optional<Shape>);
template Tensor from_vector(const std::vector<std::int64_t>&, std::optional<Shape>);
template Tensor from_vector(const std::vector<std::int32_t>&, std::optional<Shape>);
template Tensor from_vector(const std::vector<std::uint8_t>&, std::optional<Shape>);
template Tensor from_vector(const std::vector<bool>&, std::optional<Shape>);

}  // namespace relume
