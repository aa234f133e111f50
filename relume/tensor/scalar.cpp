#include "relume/tensor/scalar.h"

#include "relume/kernels/elementwise.h"

namespace relume {
namespace {

int kind(DType dtype) { return is_floating(dtype) ? 2 : is_integral(dtype) ? 1 : 0; }

}  // namespace

Tensor Scalar::as_tensor(DType other) const {
  DType dtype = other;
  if (kind_ == Kind::real && !is_floating(other)) dtype = DType::float32;
  if (kind_ == Kind::whole && other == DType::bool_) dtype = DType::int64;
  Tensor t = empty({}, dtype);
  if (kind_ == Kind::real)
    kernels::convert(DType::float64, &real_, 0, dtype, t.raw_data(), 0, 1);
  else
    kernels::convert(DType::int64, &whole_, 0, dtype, t.raw_data(), 0, 1);
  return t;
}

Tensor Scalar::row(std::initializer_list<Scalar> values) {
  bool is_real = values.size() == 0;
  for (const Scalar& v : values) is_real = is_real || v.kind_ == Kind::real;
  return row(values, is_real ? DType::float32 : DType::int64);
}

Tensor Scalar::row(std::initializer_list<Scalar> values, const TensorOptions& options) {
  Tensor t = empty({static_cast<std::int64_t>(values.size())}, options);
  auto* out = static_cast<std::byte*>(t.raw_data());
  for (const Scalar& v : values) {
    const bool is_real = v.kind_ == Kind::real;
    kernels::convert(is_real ? DType::float64 : DType::int64, is_real ? static_cast<const void*>(&v.real_) : &v.whole_,
                     0, options.dtype, out, 0, 1);
    out += size_of(options.dtype);
  }
  return t;
}

DType result_dtype(const Tensor& a, const Tensor& b) {
  const DType x = a.dtype(), y = b.dtype();
  if (x == y) return x;
  const bool a_is_single = a.dimensions() == 0, b_is_single = b.dimensions() == 0;
  if (a_is_single != b_is_single) {
    if (b_is_single && kind(x) >= kind(y)) return x;
    if (a_is_single && kind(y) >= kind(x)) return y;
  }
  return promote(x, y);
}

}  // namespace relume
