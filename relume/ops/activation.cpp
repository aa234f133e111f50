#include "relume/ops/activation.h"

#include <algorithm>
#include <cmath>

#include "relume/autograd/node.h"
#include "relume/base/require.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/pointwise.h"
#include "relume/ops/reduce.h"

namespace relume {
namespace {

using activation::Entry;
using activation::Kind;
using activation::Saves;

void require_floating_rows(const Tensor& x, const char* operation) {
  require<DTypeError>(x.dtype() == DType::float32 || x.dtype() == DType::float64,
                      "{}: of {}; convert it with to(float32) first", operation, name(x.dtype()));
}

/// x with `dimension` last and contiguous.
Tensor as_rows(const Tensor& x, int dimension) { return x.transpose(dimension, -1).contiguous(); }

}  // namespace

// y = f(x):  dx = dy f′(x)
Tensor activate(const Activation& activation, const Tensor& input) {
  const Entry& entry = activation.entry();
  require(entry.kind == Kind::elementwise, "{}: is not elementwise; call relume::{}()", entry.info.name,
          entry.info.name);
  require<DTypeError>(entry.supports(input.dtype()), "{}: of {}; convert it with to(float32) first", entry.info.name,
                      name(input.dtype()));
  const Tensor x = input.contiguous();
  Tensor y = empty(x.shape(), x.dtype());
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
  return record(y, entry.info.name.data(), {&x}, [activation, saved](const BackwardContext& c) -> Gradients {
    const Tensor dy = c.gradient.contiguous();
    Tensor dx = empty(dy.shape(), dy.dtype());
    const Tensor& kept = c(saved);
    activation.entry().backward(dy.dtype(), kept.defined() ? kept.raw_data() : nullptr, dy.raw_data(), dx.raw_data(),
                                dy.elements(), activation.parameters());
    return {dx};
  });
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

// y = eˣ / Σ eˣ:  dx = y (dy − Σ dy y)
Tensor softmax(const Tensor& x, int dimension) {
  require_floating_rows(x, "softmax");
  if (x.dimensions() == 0) return softmax(x.unsqueeze(0), 0).squeeze(0);
  const Tensor rows = as_rows(x.detach(), dimension);
  const std::int64_t columns = rows.size(-1), count = columns > 0 ? rows.elements() / columns : 0;
  Tensor y = empty(rows.shape(), rows.dtype());
  activation::find("softmax")->forward_softmax_rows(x.dtype(), rows.raw_data(), y.raw_data(), count, columns);
  Tensor result = y.transpose(dimension, -1);
  return record(result, "SoftmaxBackward0", {&x},
                [y = saved_output(y), dimension, count, columns](const BackwardContext& c) -> Gradients {
                  const Tensor dy = as_rows(c.gradient, dimension);
                  Tensor dx = empty(dy.shape(), dy.dtype());
                  activation::find("softmax")->backward_softmax_rows(dy.dtype(), c(y).raw_data(), dy.raw_data(),
                                                                     dx.raw_data(), count, columns);
                  return {dx.transpose(dimension, -1)};
                });
}

// y = x − ln Σ eˣ:  dx = dy − eʸ Σ dy
Tensor log_softmax(const Tensor& x, int dimension) {
  require_floating_rows(x, "log_softmax");
  Tensor y;
  {
    NoGradGuard guard;
    const Tensor rows = as_rows(x.dimensions() ? x : x.unsqueeze(0), dimension);
    y = empty(rows.shape(), rows.dtype());
    const std::int64_t columns = rows.size(-1);
    visit_float(
        x.dtype(),
        [&]<class T>() {
          const T* from = rows.data<T>();
          T* to = y.data<T>();
          for (std::int64_t r = 0; columns > 0 && r < rows.elements() / columns; ++r, from += columns, to += columns) {
            const T largest = *std::max_element(from, from + columns);
            double total = 0;
            for (std::int64_t j = 0; j < columns; ++j) total += std::exp(static_cast<double>(from[j] - largest));
            const T shift = largest + static_cast<T>(std::log(total));
            for (std::int64_t j = 0; j < columns; ++j) to[j] = from[j] - shift;
          }
        },
        [] {});
    y = y.transpose(dimension, -1).contiguous().reshape(x.shape());
  }
  return record(y, "LogSoftmaxBackward0", {&x},
                [y = saved_output(y), dimension](const BackwardContext& c) -> Gradients {
                  const int d = c.gradient.dimensions() ? dimension : 0;
                  if (c.gradient.dimensions() == 0) return {zeros_like(c.gradient)};
                  return {c.gradient - exp(c(y)) * sum(c.gradient, {d}, true)};
                });
}

}  // namespace relume
