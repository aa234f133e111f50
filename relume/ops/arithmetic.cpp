#include "relume/ops/arithmetic.h"

#include <functional>

#include "relume/autograd/node.h"
#include "relume/base/require.h"
#include "relume/kernels/elementwise.h"
#include "relume/ops/assign.h"
#include "relume/ops/comparison.h"
#include "relume/ops/pointwise.h"
#include "relume/ops/reduce.h"
#include "relume/tensor/strided.h"

namespace relume {
namespace {

using kernels::Binary;

/// 1 or 0 where t is read straight on, or again and again, beside n contiguous elements; −1 elsewhere.
std::int64_t simple_stride(const Tensor& t, std::int64_t n) {
  if (t.elements() == 1) return 0;
  return t.is_contiguous() && t.elements() == n ? 1 : -1;
}

/// The values alone.
Tensor compute(Binary op, const char* name, const Tensor& left, const Tensor& right, DType dtype) {
  Tensor left_converted, right_converted;
  const Tensor& a = left.dtype() == dtype ? left : left_converted = left.to(dtype);
  const Tensor& b = right.dtype() == dtype ? right : right_converted = right.to(dtype);
  Tensor y = empty(broadcast(a.shape(), b.shape(), name), dtype);
  const std::int64_t a_stride = simple_stride(a, y.elements()), b_stride = simple_stride(b, y.elements());
  if (a_stride >= 0 && b_stride >= 0) {
    kernels::binary(op, dtype, a.raw_data(), a_stride, b.raw_data(), b_stride, y.raw_data(), y.elements());
    return y;
  }
  const auto size = static_cast<std::int64_t>(size_of(dtype));
  const auto at = [size](const Tensor& t, std::int64_t offset) {
    return static_cast<std::byte*>(t.raw_data()) + offset * size;
  };
  for_each_row<3>(y.shape(),
                  {broadcast_strides(a.shape(), a.strides(), y.shape()),
                   broadcast_strides(b.shape(), b.strides(), y.shape()), y.strides()},
                  [&](const auto& offset, const auto& stride, std::int64_t n) {
                    kernels::binary(op, dtype, at(a, offset[0]), stride[0], at(b, offset[1]), stride[1],
                                    at(y, offset[2]), n);
                  });
  return y;
}

/// The gradient of an operand, brought back to its shape and dtype.
Tensor back_to(const Tensor& gradient, const Shape& shape, DType dtype) { return sum_to(gradient, shape).to(dtype); }

Tensor zero_like(const Tensor& gradient) { return scalar(0, gradient.dtype()); }

/// dx where `mine` won over `other`, half of it where they are equal.
Tensor winners_share(const Tensor& dy, const Tensor& mine, const Tensor& other, bool larger) {
  const Tensor wins = larger ? mine > other : mine < other;
  return dy * (wins.to(dy.dtype()) + (mine == other).to(dy.dtype()) * 0.5);
}

Tensor larger_or_smaller(Binary op, const char* name, const char* node, const Tensor& a, const Tensor& b) {
  Tensor y = compute(op, name, a, b, result_dtype(a, b));
  return record(y, node, {&a, &b}, [op, a = Saved(a), b = Saved(b)](const BackwardContext& c) -> Gradients {
    const bool larger = op == Binary::maximum;
    const Tensor &u = c(a), &v = c(b);
    return {c.needs(0) ? back_to(winners_share(c.gradient, u, v, larger), u.shape(), u.dtype()) : Tensor(),
            c.needs(1) ? back_to(winners_share(c.gradient, v, u, larger), v.shape(), v.dtype()) : Tensor()};
  });
}

}  // namespace

Tensor sum_to(const Tensor& gradient, const Shape& shape) {
  if (gradient.shape() == shape) return gradient;
  const int extra = gradient.dimensions() - shape.dimensions();
  Shape summed;
  for (int i = 0; i < gradient.dimensions(); ++i)
    if (i < extra || (shape[i - extra] == 1 && gradient.shape()[i] != 1)) summed.push_back(i);
  return sum(gradient, summed, true).reshape(shape);
}

// y = a + b:  ∂L/∂a = ∂L/∂b = dy
Tensor operator+(const Tensor& a, const Tensor& b) {
  Tensor y = compute(Binary::add, "add", a, b, result_dtype(a, b));
  return record(
      y, "AddBackward0", {&a, &b},
      [sa = a.shape(), sb = b.shape(), da = a.dtype(), db = b.dtype()](const BackwardContext& c) -> Gradients {
        return {c.needs(0) ? back_to(c.gradient, sa, da) : Tensor(),
                c.needs(1) ? back_to(c.gradient, sb, db) : Tensor()};
      });
}

// y = a − b:  ∂L/∂a = dy,  ∂L/∂b = −dy
Tensor operator-(const Tensor& a, const Tensor& b) {
  const DType dtype = result_dtype(a, b);
  require<DTypeError>(dtype != DType::bool_, "sub: bool tensors have no difference; compare them with !=");
  Tensor y = compute(Binary::subtract, "sub", a, b, dtype);
  return record(
      y, "SubBackward0", {&a, &b},
      [sa = a.shape(), sb = b.shape(), da = a.dtype(), db = b.dtype()](const BackwardContext& c) -> Gradients {
        return {c.needs(0) ? back_to(c.gradient, sa, da) : Tensor(),
                c.needs(1) ? back_to(-c.gradient, sb, db) : Tensor()};
      });
}

// y = a b:  ∂L/∂a = dy b,  ∂L/∂b = dy a
Tensor operator*(const Tensor& a, const Tensor& b) {
  Tensor y = compute(Binary::multiply, "mul", a, b, result_dtype(a, b));
  return record(y, "MulBackward0", {&a, &b}, [a = Saved(a), b = Saved(b)](const BackwardContext& c) -> Gradients {
    const Tensor &u = c(a), &v = c(b);
    return {c.needs(0) ? back_to(c.gradient * v, u.shape(), u.dtype()) : Tensor(),
            c.needs(1) ? back_to(c.gradient * u, v.shape(), v.dtype()) : Tensor()};
  });
}

// y = a / b:  ∂L/∂a = dy / b,  ∂L/∂b = −dy a / b²
Tensor operator/(const Tensor& a, const Tensor& b) {
  DType dtype = result_dtype(a, b);
  if (!is_floating(dtype)) dtype = DType::float32;
  Tensor y = compute(Binary::divide, "div", a, b, dtype);
  return record(y, "DivBackward0", {&a, &b}, [a = Saved(a), b = Saved(b)](const BackwardContext& c) -> Gradients {
    const Tensor &u = c(a), &v = c(b);
    return {c.needs(0) ? back_to(c.gradient / v, u.shape(), u.dtype()) : Tensor(),
            c.needs(1) ? back_to(-c.gradient * u / (v * v), v.shape(), v.dtype()) : Tensor()};
  });
}

// y = aᵇ:  ∂L/∂a = dy b aᵇ⁻¹, 0 for b = 0;  ∂L/∂b = dy y ln a, 0 for a = 0 and b ≥ 0
Tensor pow(const Tensor& a, const Tensor& b) {
  Tensor y = compute(Binary::power, "pow", a, b, result_dtype(a, b));
  return record(y, "PowBackward0", {&a, &b},
                [a = Saved(a), b = Saved(b),
                 y = b.requires_grad() ? saved_output(y) : Saved()](const BackwardContext& c) -> Gradients {
                  const Tensor u = c(a).detach(), v = c(b).detach();
                  // There the factors are 0 · ∞, and the limit is 0.
                  const auto by_base = [&] { return where(v == 0, zero_like(c.gradient), v * pow(u, v - 1)); };
                  const auto by_exponent = [&] {
                    const Tensor flat = (u == 0) * (v >= 0);
                    return where(flat, zero_like(c.gradient), c(y) * log(u));
                  };
                  return {c.needs(0) ? back_to(c.gradient * by_base(), u.shape(), u.dtype()) : Tensor(),
                          c.needs(1) ? back_to(c.gradient * by_exponent(), v.shape(), v.dtype()) : Tensor()};
                });
}

Tensor maximum(const Tensor& a, const Tensor& b) {
  return larger_or_smaller(Binary::maximum, "maximum", "MaximumBackward0", a, b);
}

Tensor minimum(const Tensor& a, const Tensor& b) {
  return larger_or_smaller(Binary::minimum, "minimum", "MinimumBackward0", a, b);
}

Tensor Tensor::pow(const Tensor& exponent) const { return relume::pow(*this, exponent); }
Tensor Tensor::pow(Scalar exponent) const { return relume::pow(*this, exponent); }

namespace {

/// t = t op b where nothing is recorded and both lie in order.
bool compute_in_place(Binary op, const Tensor& t, const Tensor& b) {
  if (grad_enabled() && (t.requires_grad() || b.requires_grad())) return false;
  const bool whole = b.shape() == t.shape(), same = b.raw_data() == t.raw_data() && whole;
  if (b.dtype() != t.dtype() || !is_floating(t.dtype()) || !t.is_contiguous() || !b.is_contiguous() ||
      !(whole || b.dimensions() == 0) || !(same || b.impl()->storage != t.impl()->storage))
    return false;
  check_assign(t, false, "in place");
  kernels::binary(op, t.dtype(), t.raw_data(), 1, b.raw_data(), whole ? 1 : 0, t.raw_data(), t.elements());
  t.impl()->storage->bump_version();
  return true;
}

template <class F>
Tensor& write_over(Tensor& t, const Tensor& b, Binary op, const char* name, F f) {
  if (!compute_in_place(op, t, b)) {
    const bool shared = b.defined() && b.impl()->storage == t.impl()->storage;
    assign_result(t, f(before_write(t), shared ? b.clone() : b), name);
  }
  return t;
}

}  // namespace

Tensor& Tensor::operator+=(const Tensor& b) { return write_over(*this, b, Binary::add, "+=", std::plus<>()); }
Tensor& Tensor::operator-=(const Tensor& b) { return write_over(*this, b, Binary::subtract, "-=", std::minus<>()); }
Tensor& Tensor::operator*=(const Tensor& b) {
  return write_over(*this, b, Binary::multiply, "*=", std::multiplies<>());
}
Tensor& Tensor::operator/=(const Tensor& b) { return write_over(*this, b, Binary::divide, "/=", std::divides<>()); }
Tensor& Tensor::operator+=(Scalar b) { return *this += b.as_tensor(dtype()); }
Tensor& Tensor::operator-=(Scalar b) { return *this -= b.as_tensor(dtype()); }
Tensor& Tensor::operator*=(Scalar b) { return *this *= b.as_tensor(dtype()); }
Tensor& Tensor::operator/=(Scalar b) { return *this /= b.as_tensor(dtype()); }

}  // namespace relume
