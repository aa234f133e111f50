#include "relume/ops/activation.h"

#include "relume/autograd/node.h"
#include "relume/base/require.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/comparison.h"
#include "relume/ops/join.h"
#include "relume/ops/pointwise.h"
#include "relume/tensor/in_place.h"

namespace relume {
namespace {

using activation::Entry;
using activation::Kind;
using activation::Saves;

void require_floating_rows(const Tensor& x, std::string_view operation) {
  require<DTypeError>(x.dtype() == DType::float32 || x.dtype() == DType::float64,
                      "{}: of {}; convert it with to(float32) first", operation, name(x.dtype()));
}

/// x with `dimension` last and contiguous.
Tensor as_rows(const Tensor& x, int dimension) { return x.transpose(dimension, -1).contiguous(); }

// y = f(x):  dx = dy f′(x)
struct ActivateBackward {
  Activation activation;
  Saved saved;
  std::int64_t columns = 0;

  Gradients operator()(const BackwardContext& c) const {
    const Tensor dy = c.gradient.contiguous();
    Tensor dx = empty(dy.shape(), dy.dtype());
    const Tensor& kept = c(saved);
    activation.entry().backward(dy.dtype(), kept.defined() ? kept.raw_data() : nullptr, dy.raw_data(), dx.raw_data(),
                                dy.elements(), activation.parameters());
    return {dx};
  }

  /// Rows that do not begin with a byte of their own are of no use.
  KeptBits kept_bits() const {
    const bool rows_of_bytes = activation.entry().saves == Saves::mask && columns % 8 == 0;
    return rows_of_bytes ? KeptBits{saved.get("kept_bits"), columns / 8} : KeptBits{};
  }
};

Tensor activate_into(const Activation& activation, const Tensor& x, const Tensor& y) {
  const Entry& entry = activation.entry();
  const bool recorded = grad_enabled() && x.requires_grad();
  Saved saved;
  if (recorded && entry.saves == Saves::mask) {
    const Tensor mask = empty({(x.elements() + 7) / 8}, DType::uint8);
    entry.forward_mask(x.dtype(), x.raw_data(), y.raw_data(), mask.data<std::uint8_t>(), x.elements(),
                       activation.parameters());
    saved = Saved(mask);
  } else {
    entry.forward(x.dtype(), x.raw_data(), y.raw_data(), x.elements(), activation.parameters());
    if (recorded && entry.saves != Saves::nothing) saved = entry.saves == Saves::output ? saved_output(y) : Saved(x);
  }
  const std::int64_t columns = x.dimensions() > 0 ? x.size(-1) : 1;
  return record(y, entry.info.name.data(), {&x}, ActivateBackward{activation, saved, columns});
}

void require_elementwise(const Entry& entry, const Tensor& x) {
  require(entry.kind == Kind::elementwise, "{}: is not elementwise; call relume::{}()", entry.info.name,
          entry.info.name);
  require<DTypeError>(entry.supports(x.dtype()), "{}: of {}; convert it with to(float32) first", entry.info.name,
                      name(x.dtype()));
}

// softmax: dx = y (dy − Σ dy y);  log_softmax: dx = dy − eʸ Σ dy
Tensor along_rows(const Entry& entry, const Tensor& x, int dimension) {
  require_floating_rows(x, entry.info.name);
  if (x.dimensions() == 0) return along_rows(entry, x.unsqueeze(0), 0).squeeze(0);
  const Tensor rows = as_rows(x.detach(), dimension);
  const std::int64_t columns = rows.size(-1), count = columns > 0 ? rows.elements() / columns : 0;
  Tensor y = empty(rows.shape(), rows.dtype());
  entry.forward_softmax_rows(x.dtype(), rows.raw_data(), y.raw_data(), count, columns);
  return record(y.transpose(dimension, -1), entry.info.name.data(), {&x},
                [&entry, y = saved_output(y), dimension, count, columns](const BackwardContext& c) -> Gradients {
                  const Tensor dy = as_rows(c.gradient, dimension);
                  Tensor dx = empty(dy.shape(), dy.dtype());
                  entry.backward_softmax_rows(dy.dtype(), c(y).raw_data(), dy.raw_data(), dx.raw_data(), count,
                                              columns);
                  return {dx.transpose(dimension, -1)};
                });
}

Tensor gated(const Entry& entry, const Tensor& x, int dimension) {
  const std::int64_t size = x.size(dimension), half = entry.features_out(size);
  return x.slice(dimension, 0, half) *
         activate(Activation(*activation::find(entry.wraps)), x.slice(dimension, half, size));
}

Tensor both_signs(const Entry& entry, const Tensor& x, int dimension) {
  x.size(dimension);  // throws where there is no such dimension
  const Activation inner(*activation::find(entry.wraps));
  return cat({activate(inner, x), activate(inner, -x)}, dimension);
}

}  // namespace

KeptBits kept_bits(const Tensor& y) {
  const Node* node = y.grad_fn();
  return node ? node->kept_bits() : KeptBits{};
}

Tensor activate(const Activation& activation, const Tensor& input) {
  require_elementwise(activation.entry(), input);
  const Tensor x = input.contiguous();
  return activate_into(activation, x, empty(x.shape(), x.dtype()));
}

Tensor activate(const Activation& activation, Tensor&& input) {
  require_elementwise(activation.entry(), input);
  const Tensor x = std::move(input);
  const bool is_input = grad_enabled() && x.requires_grad() && activation.entry().saves == Saves::input;
  const bool is_parameter = x.requires_grad() && x.is_leaf();
  if (is_input || is_parameter || !owned_alone(x)) return activate(activation, x);
  return activate_into(activation, x, x.detach());
}

Tensor activate(const Activation& activation, const Tensor& x, int dimension) {
  const Entry& entry = activation.entry();
  switch (entry.kind) {
    case Kind::rows: return along_rows(entry, x, dimension);
    case Kind::gated: return gated(entry, x, dimension);
    case Kind::concatenated: return both_signs(entry, x, dimension);
    default: return activate(activation, x);
  }
}

// y = max(x, 0) + a min(x, 0):  dx = dy (x > 0 ? 1 : a),  da = Σ dy min(x, 0)
Tensor prelu(const Tensor& input, const Tensor& slope) {
  require_floating_rows(input, "prelu");
  require<DTypeError>(slope.dtype() == input.dtype(), "prelu: the slope is {}, the input {}", name(slope.dtype()),
                      name(input.dtype()));
  const Tensor x = input.contiguous();
  const std::int64_t channels = x.dimensions() >= 2 ? x.size(1) : x.elements();
  require<ShapeError>(slope.elements() == 1 || slope.elements() == channels,
                      "prelu: {} slopes do not fit an input of {} with {} channels", slope.elements(), x.shape(),
                      channels);
  const std::int64_t outer = x.dimensions() >= 2 ? x.size(0) : 1;
  const std::int64_t inner = outer * channels > 0 ? x.elements() / (outer * channels) : 0;
  const Entry& entry = *activation::find("prelu");
  Tensor y = empty(x.shape(), x.dtype());
  entry.forward_parametric(x.dtype(), x.raw_data(), slope.contiguous().raw_data(), slope.elements(), y.raw_data(),
                           outer, channels, inner);
  return record(
      y, "PreluKernelBackward0", {&x, &slope},
      [x = Saved(x), slope = Saved(slope.contiguous()), outer, channels, inner](const BackwardContext& c) -> Gradients {
        const Tensor dy = c.gradient.contiguous();
        Tensor dx = empty(dy.shape(), dy.dtype());
        Tensor dslope = empty(c(slope).shape(), dy.dtype());
        activation::find("prelu")->backward_parametric(dy.dtype(), c(x).raw_data(), c(slope).raw_data(),
                                                       dslope.elements(), dy.raw_data(), dx.raw_data(),
                                                       dslope.raw_data(), outer, channels, inner);
        return {dx, dslope};
      });
}

// y = x > 0 ? x : a x:  dx = dy (x > 0 ? 1 : a)
Tensor random_leaky_relu(const Tensor& x, double lower, double upper) {
  require_floating_rows(x, "rrelu");
  require(lower <= upper, "rrelu: lower is {}, upper {}; it must not be below", lower, upper);
  const Tensor drawn = rand(x.shape(), x.dtype()) * (upper - lower) + lower;
  const Tensor slope = where(x.detach() > 0, ones(x.shape(), x.dtype()), drawn);
  return record(x.detach() * slope, "RreluWithNoiseBackward0", {&x},
                [slope = Saved(slope)](const BackwardContext& c) -> Gradients { return {c.gradient * c(slope)}; });
}

Tensor Tensor::relu() const { return relume::relu(*this); }
Tensor Tensor::sigmoid() const { return relume::sigmoid(*this); }
Tensor Tensor::tanh() const { return relume::tanh(*this); }
Tensor Tensor::softmax(int dimension) const { return relume::softmax(*this, dimension); }
Tensor Tensor::log_softmax(int dimension) const { return relume::log_softmax(*this, dimension); }

}  // namespace relume
