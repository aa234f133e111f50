#include "relume/ops/pointwise.h"

#include <cmath>
#include <cstdint>

#include "relume/autograd/node.h"
#include "relume/base/require.h"
#include "relume/kernels/elementwise.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/comparison.h"
#include "relume/tensor/strided.h"

namespace relume {
namespace {

using kernels::Unary;

Tensor compute(Unary op, const Tensor& input) {
  const Tensor x = input.detach().contiguous();
  Tensor y = empty(x.shape(), x.dtype());
  kernels::unary(op, x.dtype(), x.raw_data(), 1, y.raw_data(), x.elements());
  return y;
}

Tensor as_floating(const Tensor& x) { return is_floating(x.dtype()) ? x : x.to(DType::float32); }

}  // namespace

// y = −x:  dx = −dy
Tensor operator-(const Tensor& x) {
  require<DTypeError>(x.dtype() != DType::bool_, "neg: a bool tensor has no negative");
  return record(compute(Unary::negate, x), "NegBackward0", {&x},
                [](const BackwardContext& c) -> Gradients { return {-c.gradient}; });
}

// y = |x|:  dx = dy sign(x)
Tensor abs(const Tensor& x) {
  return record(compute(Unary::absolute, x), "AbsBackward0", {&x},
                [x = Saved(x)](const BackwardContext& c) -> Gradients { return {c.gradient * sign(c(x))}; });
}

// y = eˣ:  dx = dy y
Tensor exp(const Tensor& input) {
  const Tensor x = as_floating(input);
  Tensor y = compute(Unary::exponential, x);
  return record(y, "ExpBackward0", {&x},
                [y = saved_output(y)](const BackwardContext& c) -> Gradients { return {c.gradient * c(y)}; });
}

// y = ln x:  dx = dy / x
Tensor log(const Tensor& input) {
  const Tensor x = as_floating(input);
  return record(compute(Unary::logarithm, x), "LogBackward0", {&x},
                [x = Saved(x)](const BackwardContext& c) -> Gradients { return {c.gradient / c(x)}; });
}

// y = √x:  dx = dy / (2 y)
Tensor sqrt(const Tensor& input) {
  const Tensor x = as_floating(input);
  Tensor y = compute(Unary::square_root, x);
  return record(y, "SqrtBackward0", {&x},
                [y = saved_output(y)](const BackwardContext& c) -> Gradients { return {c.gradient / (c(y) * 2)}; });
}

// y = sin x:  dx = dy cos x
Tensor sin(const Tensor& input) {
  const Tensor x = as_floating(input);
  return record(compute(Unary::sine, x), "SinBackward0", {&x},
                [x = Saved(x)](const BackwardContext& c) -> Gradients { return {c.gradient * cos(c(x))}; });
}

// y = cos x:  dx = −dy sin x
Tensor cos(const Tensor& input) {
  const Tensor x = as_floating(input);
  return record(compute(Unary::cosine, x), "CosBackward0", {&x},
                [x = Saved(x)](const BackwardContext& c) -> Gradients { return {-(c.gradient * sin(c(x)))}; });
}

// y = sign(x):  dx = 0
Tensor sign(const Tensor& x) {
  return record(compute(Unary::sign, x), "SignBackward0", {&x},
                [](const BackwardContext& c) -> Gradients { return {zeros_like(c.gradient)}; });
}

Tensor clamp(const Tensor& x, double low, double high) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  // Whole bounds leave integers what they are.
  const auto bound = [&x](double value) {
    const bool whole = !is_floating(x.dtype()) && value == std::trunc(value) && std::fabs(value) < 0x1p63;
    return (whole ? Scalar(static_cast<std::int64_t>(value)) : Scalar(value)).as_tensor(x.dtype());
  };
  Tensor y = x;
  {
    NoGradGuard guard;
    if (low > -infinity) y = maximum(y, bound(low));
    if (high < infinity) y = minimum(y, bound(high));
    if (y.same_as(x)) y = x.clone();
  }
  return record(y, "ClampBackward1", {&x}, [x = Saved(x), low, high](const BackwardContext& c) -> Gradients {
    const Tensor inside = (c(x) >= low).to(c.gradient.dtype()) * (c(x) <= high).to(c.gradient.dtype());
    return {c.gradient * inside};
  });
}

// y = c ? a : b:  da = c ? dy : 0,  db = c ? 0 : dy
Tensor where(const Tensor& condition, const Tensor& left, const Tensor& right) {
  require<DTypeError>(condition.dtype() == DType::bool_, "where: the condition is {}, not bool",
                      name(condition.dtype()));
  const DType dtype = result_dtype(left, right);
  const Tensor a = left.to(dtype), b = right.to(dtype);
  Tensor y = empty(broadcast(condition.shape(), broadcast(a.shape(), b.shape(), "where"), "where"), dtype);
  const auto size = static_cast<std::int64_t>(size_of(dtype));
  const auto strides_of = [&](const Tensor& t) { return broadcast_strides(t.shape(), t.strides(), y.shape()); };
  for_each_row<4>(y.shape(), {strides_of(condition), strides_of(a), strides_of(b), y.strides()},
                  [&](const auto& offset, const auto& stride, std::int64_t n) {
                    kernels::where(dtype, condition.data<bool>() + offset[0], stride[0],
                                   static_cast<std::byte*>(a.raw_data()) + offset[1] * size, stride[1],
                                   static_cast<std::byte*>(b.raw_data()) + offset[2] * size, stride[2],
                                   static_cast<std::byte*>(y.raw_data()) + offset[3] * size, n);
                  });
  return record(y, "WhereBackward0", {&a, &b},
                [condition = Saved(condition), sa = a.shape(), sb = b.shape()](const BackwardContext& c) -> Gradients {
                  const Tensor zero = scalar(0, c.gradient.dtype());
                  return {c.needs(0) ? sum_to(where(c(condition), c.gradient, zero), sa) : Tensor(),
                          c.needs(1) ? sum_to(where(c(condition), zero, c.gradient), sb) : Tensor()};
                });
}

Tensor Tensor::abs() const { return relume::abs(*this); }
Tensor Tensor::exp() const { return relume::exp(*this); }
Tensor Tensor::log() const { return relume::log(*this); }
Tensor Tensor::sqrt() const { return relume::sqrt(*this); }
Tensor Tensor::sin() const { return relume::sin(*this); }
Tensor Tensor::cos() const { return relume::cos(*this); }
Tensor Tensor::sign() const { return relume::sign(*this); }
Tensor Tensor::clamp(double low, double high) const { return relume::clamp(*this, low, high); }

}  // namespace relume
