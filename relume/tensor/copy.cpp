// Moving elements: copies, conversions, single values.
#include "relume/base/require.h"
#include "relume/kernels/elementwise.h"
#include "relume/tensor/in_place.h"
#include "relume/tensor/strided.h"
#include "relume/tensor/tensor.h"

namespace relume {
namespace {

/// Writes the elements of `from`, broadcast to the shape of `to`, into `to`, converted.
void copy_elements(const Tensor& from, const Tensor& to) {
  const auto from_size = static_cast<std::int64_t>(size_of(from.dtype()));
  const auto to_size = static_cast<std::int64_t>(size_of(to.dtype()));
  const auto* source = static_cast<const std::byte*>(from.raw_data());
  auto* target = static_cast<std::byte*>(to.raw_data());
  for_each_row<2>(to.shape(), {broadcast_strides(from.shape(), from.strides(), to.shape()), to.strides()},
                  [&](const auto& offset, const auto& stride, std::int64_t n) {
                    kernels::convert(from.dtype(), source + offset[0] * from_size, stride[0], to.dtype(),
                                     target + offset[1] * to_size, stride[1], n);
                  });
}

}  // namespace

void check_in_place(const Tensor& t, const char* operation) {
  require(!(t.requires_grad() && records_gradients()),
          "{}: the tensor requires a gradient, and an in-place write is not recorded; use NoGradGuard or detach()",
          operation);
  t.impl()->storage->bump_version();
}

Tensor copy_of(const Tensor& t, DType dtype) {
  Tensor result = empty(t.shape(), dtype);
  copy_elements(t, result);
  return result;
}

Tensor& Tensor::copy_(const Tensor& source) {
  check_in_place(*this, "copy_");
  require<ShapeError>(broadcast(shape(), source.shape(), "copy_") == shape(), "copy_: {} does not broadcast to {}",
                      source.shape(), shape());
  copy_elements(source, *this);
  return *this;
}

Tensor& Tensor::fill_(double value) {
  check_in_place(*this, "fill_");
  if (elements() == 1) {
    if (dtype() == DType::float32)
      *data<float>() = static_cast<float>(value);
    else
      kernels::convert(DType::float64, &value, 0, dtype(), raw_data(), 0, 1);
    return *this;
  }
  const Tensor one = empty({}, dtype());
  kernels::convert(DType::float64, &value, 0, dtype(), one.raw_data(), 0, 1);
  copy_elements(one, *this);
  return *this;
}

template <class T>
T Tensor::item() const {
  require(elements() == 1, "item: a tensor of {} elements has no single value", elements());
  if constexpr (std::is_floating_point_v<T>)
    if (dtype() == DType::float32) return static_cast<T>(*data<float>());
  T value;
  kernels::convert(dtype(), raw_data(), 0, dtype_v<T>, &value, 0, 1);
  return value;
}

template <class T>
std::vector<T> Tensor::to_vector() const {
  const Tensor converted = copy_of(*this, dtype_v<T>);
  return std::vector<T>(converted.data<T>(), converted.data<T>() + elements());
}

template float Tensor::item() const;
template double Tensor::item() const;
template std::int64_t Tensor::item() const;
template std::int32_t Tensor::item() const;
template std::uint8_t Tensor::item() const;
template bool Tensor::item() const;
template std::vector<float> Tensor::to_vector() const;
template std::vector<double> Tensor::to_vector() const;
template std::vector<std::int64_t> Tensor::to_vector() const;
template std::vector<std::uint8_t> Tensor::to_vector() const;
template std::vector<bool> Tensor::to_vector() const;

}  // namespace relume
