#include "relume/ops/matmul.h"

#include "relume/autograd/node.h"
#include "relume/base/require.h"
#include "relume/kernels/matmul.h"
#include "relume/ops/arithmetic.h"

namespace relume {
namespace {

/// A matrix as the kernel takes it: rows in memory, transposed or not.
struct Operand {
  Tensor keep;
  bool transposed = false;
  std::int64_t stride = 1;

  template <class T>
  kernels::MatrixView<const T> view() const {
    return {keep.data<T>(), keep.size(0), keep.size(1), stride, transposed};
  }
};

Operand operand(const Tensor& t) {
  const Shape& strides = t.strides();
  if (t.is_contiguous() || (strides[1] == 1 && strides[0] >= t.size(1)))
    return {t, false, t.is_contiguous() ? t.size(1) : strides[0]};
  if (strides[0] == 1 && strides[1] >= t.size(0)) return {t, true, strides[1]};
  const Tensor copy = t.contiguous();
  return {copy, false, copy.size(1)};
}

/// y = a b for matrices.
void multiply(const Tensor& a, const Tensor& b, const Tensor& y) {
  const Operand left = operand(a), right = operand(b);
  const auto run = [&]<class T>() {
    kernels::matmul<T>(left.view<T>(), right.view<T>(), T{0}, {y.data<T>(), y.size(0), y.size(1), y.size(1)});
  };
  visit_float(y.dtype(), run,
              [&] { fail<DTypeError>("matmul: of {}; only float32 and float64 have products", name(y.dtype())); });
}

// y = a b:  ∂L/∂a = dy bᵀ,  ∂L/∂b = aᵀ dy
Tensor matrix_product(const Tensor& a, const Tensor& b) {
  require<ShapeError>(a.size(1) == b.size(0), "matmul: {} and {} do not fit: inner sizes are {} and {}", a.shape(),
                      b.shape(), a.size(1), b.size(0));
  Tensor y = empty({a.size(0), b.size(1)}, a.dtype());
  multiply(a.detach(), b.detach(), y);
  return record(y, "MmBackward0", {&a, &b}, [a = Saved(a), b = Saved(b)](const BackwardContext& c) -> Gradients {
    return {c.needs(0) ? matmul(c.gradient, c(b).t()) : Tensor(), c.needs(1) ? matmul(c(a).t(), c.gradient) : Tensor()};
  });
}

/// The leading sizes: all but the last two.
Shape batch_shape(const Tensor& t) { return Shape(std::span(t.shape().begin(), t.shape().end() - 2)); }

Tensor expand_batch(const Tensor& t, const Shape& batch) {
  Shape shape = batch;
  shape.push_back(t.size(-2));
  shape.push_back(t.size(-1));
  return t.expand(shape).reshape({batch.elements(), t.size(-2), t.size(-1)});
}

// Each matrix of the batch by itself:  ∂L/∂a = dy bᵀ,  ∂L/∂b = aᵀ dy
Tensor batched_product(const Tensor& a, const Tensor& b) {
  require<ShapeError>(a.size(2) == b.size(1), "matmul: {} and {} do not fit: inner sizes are {} and {}", a.shape(),
                      b.shape(), a.size(2), b.size(1));
  Tensor y = empty({a.size(0), a.size(1), b.size(2)}, a.dtype());
  for (std::int64_t i = 0; i < a.size(0); ++i)
    multiply(a.detach().select(0, i), b.detach().select(0, i), y.select(0, i));
  return record(y, "BmmBackward0", {&a, &b}, [a = Saved(a), b = Saved(b)](const BackwardContext& c) -> Gradients {
    return {c.needs(0) ? batched_product(c.gradient, c(b).transpose(1, 2)) : Tensor(),
            c.needs(1) ? batched_product(c(a).transpose(1, 2), c.gradient) : Tensor()};
  });
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b) {
  require<DTypeError>(a.dtype() == b.dtype(), "matmul: {} and {} differ; convert one with to()", name(a.dtype()),
                      name(b.dtype()));
  require<ShapeError>(a.dimensions() > 0 && b.dimensions() > 0, "matmul: a scalar has no rows; multiply with *");
  if (a.dimensions() == 2 && b.dimensions() == 2) return matrix_product(a, b);
  if (a.dimensions() == 1) return matmul(a.unsqueeze(0), b).squeeze(b.dimensions() == 1 ? 0 : -2);
  if (b.dimensions() == 1) return matmul(a, b.unsqueeze(1)).squeeze(-1);
  const Shape batch = broadcast(batch_shape(a), batch_shape(b), "matmul");
  Shape shape = batch;
  shape.push_back(a.size(-2));
  shape.push_back(b.size(-1));
  return batched_product(expand_batch(a, batch), expand_batch(b, batch)).reshape(shape);
}

Tensor Tensor::matmul(const Tensor& other) const { return relume::matmul(*this, other); }

}  // namespace relume
