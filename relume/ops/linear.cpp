#include "relume/ops/linear.h"

#include <algorithm>

#include "relume/autograd/node.h"
#include "relume/base/require.h"
#include "relume/kernels/column_sum.h"
#include "relume/kernels/matmul.h"
#include "relume/kernels/scratch.h"
#include "relume/tensor/in_place.h"

namespace relume {
namespace {

using activation::Saves;
using kernels::MatrixView;

void check(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  require<ShapeError>(weight.dimensions() == 2, "linear: the weight is {}, not a matrix", weight.shape());
  require<ShapeError>(x.dimensions() >= 1 && x.shape()[-1] == weight.shape()[1],
                      "linear: input is {} but the layer takes {} features", x.shape(), weight.shape()[1]);
  require<DTypeError>(x.dtype() == weight.dtype() && (x.dtype() == DType::float32 || x.dtype() == DType::float64),
                      "linear: input is {} and weight is {}; both must be float32, or float64", name(x.dtype()),
                      name(weight.dtype()));
  if (!bias.defined()) return;
  require<ShapeError>(bias.dimensions() == 1 && bias.shape()[0] == weight.shape()[0],
                      "linear: a bias of {} does not fit {} outputs", bias.shape(), weight.shape()[0]);
  require<DTypeError>(bias.dtype() == weight.dtype(), "linear: bias is {} and weight is {}", name(bias.dtype()),
                      name(weight.dtype()));
}

/// All dimensions but the last, as one.
std::int64_t rows_of(const Tensor& t) {
  const Shape& shape = t.shape();
  std::int64_t rows = 1;
  for (int i = 0; i + 1 < shape.dimensions(); ++i) rows *= shape[i];
  return rows;
}

/// y = f(x Wᵀ + b). `mask` (or null) gets a bit an element, `before` (or undefined) what went into f.
template <class T>
void forward(const Tensor& x, const Tensor& weight, const Tensor& bias, const Activation& f, const Tensor& y,
             std::uint8_t* mask, std::int64_t mask_stride, const Tensor& before) {
  const std::int64_t out = weight.shape()[0], in = weight.shape()[1], rows = rows_of(x);
  activation::FusedForward fused{.entry = &f.entry(), .parameters = f.parameters(), .dtype = dtype_v<T>};
  // What went into f is kept with its bias: the product is added to rows that hold it already.
  const bool bias_first = before.defined() && bias.defined();
  if (bias_first)
    for (std::int64_t r = 0; r < rows; ++r) std::copy_n(bias.data<T>(), out, before.data<T>() + r * out);
  fused.bias = bias.defined() && !bias_first ? bias.raw_data() : nullptr;
  fused.mask = mask;
  fused.mask_stride = mask_stride;
  if (before.defined()) {
    fused.y = y.raw_data();
    fused.y_stride = out;
  }
  const kernels::Epilogue epilogue = fused.epilogue();
  const Tensor& product = before.defined() ? before : y;
  const MatrixView<const T> w{weight.data<T>(), out, in, in};
  kernels::matmul<T>({x.data<T>(), rows, in, in}, w.t(), bias_first ? T{1} : T{0}, {product.data<T>(), rows, out, out},
                     &epilogue);
}

/// dz = dy ⊙ f′, where nobody else needs it in place of dy, and in the same pass db = Σ dz over the rows.
Tensor through_activation(const Activation& f, const Tensor& kept, std::int64_t kept_stride, const Tensor& gradient,
                          std::int64_t row_count, void* bias_gradient) {
  const bool in_place = owned_alone(gradient);
  const Tensor dy = gradient.contiguous();
  Tensor dz = in_place ? dy : empty(dy.shape(), dy.dtype());
  activation::BackwardRows rows;
  rows.saved = kept.raw_data();
  rows.saved_stride = kept_stride;
  rows.dy = dy.raw_data();
  rows.dx = dz.raw_data();
  rows.dy_stride = rows.dx_stride = rows.columns = dy.shape()[-1];
  rows.rows = row_count;
  rows.column_sum = bias_gradient;
  f.entry().backward_rows(dy.dtype(), rows, f.parameters());
  return dz;
}

// z = x Wᵀ + b, y = f(z):  dz = dy ⊙ f′,  dx = dz W,  dW = dzᵀ x,  db = Σ dz
template <class T>
Gradients backward(const BackwardContext& c, const Activation& f, const Tensor& x, const Tensor& weight,
                   const Tensor& kept, std::int64_t kept_stride) {
  const std::int64_t out = weight.shape()[0], in = weight.shape()[1], rows = rows_of(x);
  thread_local kernels::Scratch scratch;
  const bool has_bias = c.needs(2);
  T* sums = has_bias ? scratch.get<T>(out) : nullptr;
  Tensor dz;
  if (f.entry().saves != Saves::nothing) {
    dz = through_activation(f, kept, kept_stride, c.gradient, rows, sums);
  } else {
    dz = c.gradient.contiguous();
    if (has_bias) kernels::column_sum(dz.data<T>(), rows, out, out, sums);
  }
  const MatrixView<const T> dz_matrix{dz.data<T>(), rows, out, out}, x_matrix{x.data<T>(), rows, in, in};
  Tensor dx, dw, db;
  if (has_bias && !c.hand_over(2, [&](TakePart take) { take(sums, 0, out); })) {
    db = empty({out}, weight.dtype());
    std::copy_n(sums, out, db.data<T>());
  }
  if (c.needs(0)) {
    dx = empty(x.shape(), x.dtype());
    kernels::matmul<T>(dz_matrix, {weight.data<T>(), out, in, in}, T{0}, {dx.data<T>(), rows, in, in});
  }
  const auto in_parts = [&](TakePart take) { kernels::product_in_parts<T>(dz_matrix, x_matrix, take); };
  if (c.needs(1) && !c.hand_over(1, in_parts)) {
    dw = empty({out, in}, weight.dtype());
    kernels::matmul<T>(dz_matrix.t(), x_matrix, T{0}, {dw.data<T>(), out, in, in});
  }
  return {std::move(dx), std::move(dw), std::move(db)};
}

struct LinearBackward {
  Saved x, weight, kept;
  Activation activation;
  std::int64_t kept_stride = 0;

  Gradients operator()(const BackwardContext& c) const {
    const auto run = c(x).dtype() == DType::float64 ? backward<double> : backward<float>;
    return run(c, activation, c(x), c(weight), c(kept), kept_stride);
  }
  KeptBits kept_bits() const {
    return activation.entry().saves == Saves::mask ? KeptBits{kept.get("kept_bits"), kept_stride} : KeptBits{};
  }
};

}  // namespace

Tensor linear(const Tensor& input, const Tensor& weight_in, const Tensor& bias_in, const Activation* activation) {
  check(input, weight_in, bias_in);
  static const Activation identity("identity");
  const Activation& f = activation ? *activation : identity;
  require(f.entry().kind == activation::Kind::elementwise, "linear: {} is not elementwise and cannot be fused",
          f.name());
  Tensor copies[3];
  const auto contiguous = [](const Tensor& t, Tensor& copy) -> const Tensor& {
    return !t.defined() || t.is_contiguous() ? t : copy = t.contiguous();
  };
  const Tensor& x = contiguous(input, copies[0]);
  const Tensor& weight = contiguous(weight_in, copies[1]);
  const Tensor& bias = contiguous(bias_in, copies[2]);
  const std::int64_t out = weight.shape()[0];
  Shape shape = x.shape();
  shape[-1] = out;
  Tensor y = empty(shape, x.dtype());
  const bool recorded = grad_enabled() && (x.requires_grad() || weight.requires_grad() || bias.requires_grad());
  const Saves saves = recorded ? f.entry().saves : Saves::nothing;
  Tensor mask, before;
  std::int64_t kept_stride = out;
  if (saves == Saves::mask) {
    kept_stride = (out + 7) / 8;
    mask = empty({rows_of(x), kept_stride}, DType::uint8);
  }
  if (saves == Saves::input) before = empty(shape, x.dtype());
  const auto run = [&]<class T>() {
    forward<T>(x, weight, bias, f, y, mask.defined() ? mask.data<std::uint8_t>() : nullptr, kept_stride, before);
  };
  visit_float(x.dtype(), run, [] {});
  Saved kept = saves == Saves::mask     ? Saved(std::move(mask))
               : saves == Saves::input  ? Saved(std::move(before))
               : saves == Saves::output ? saved_output(y)
                                        : Saved();
  return record(std::move(y), activation ? f.entry().info.name.data() : "AddmmBackward0", {&x, &weight, &bias},
                LinearBackward{Saved(x), Saved(weight), std::move(kept), f, kept_stride});
}

}  // namespace relume
