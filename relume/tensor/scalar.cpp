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
