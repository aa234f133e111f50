// One epoch of an estimator's fit, and its outputs, without Python's lock.
#include <cstring>

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/core/core.h"
#include "relume/autograd/grad_mode.h"
#include "relume/base/parallel.h"
#include "relume/kernels/optimizer.h"
#include "relume/nn/loss.h"
#include "relume/nn/module.h"
#include "relume/ops/activation.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/order.h"
#include "relume/ops/pointwise.h"
#include "relume/ops/reduce.h"
#include "relume/optim/optimizer.h"

namespace relume::python {
namespace {

enum class Loss : std::uint8_t { classes, labels, squares };

Loss loss_from(const std::string& name) {
  if (name == "classes") return Loss::classes;
  if (name == "labels") return Loss::labels;
  return Loss::squares;
}

/// ln(1 + eˣ) − y x: the binary cross entropy of a logit, stable for large x.
Tensor binary_losses(const Tensor& logits, const Tensor& y) {
  return softplus(-abs(logits)) + maximum(logits, 0) - logits * y;
}

/// The loss of each row.
Tensor row_losses(Loss kind, const Tensor& output, const Tensor& y) {
  switch (kind) {
    case Loss::classes: return -gather(log_softmax(output, 1), 1, y.unsqueeze(1)).squeeze(1);
    case Loss::labels: return sum(binary_losses(output, y), {1});
    default: return sum((output - y) * (output - y), {1}) * 0.5;
  }
}

/// The mean over the rows, weighted where weights are given.
Tensor mean_loss(Loss kind, const Tensor& output, const Tensor& y, const Tensor& weights) {
  if (weights.defined()) return sum(row_losses(kind, output, y) * weights) / sum(weights);
  if (kind == Loss::classes) return nn::cross_entropy(output, y);
  const auto width = static_cast<double>(output.size(1));
  return kind == Loss::labels ? nn::bce_with_logits(output, y) * width : nn::mse_loss(output, y) * (0.5 * width);
}

/// Copies rows of a contiguous tensor.
void take_rows(const Tensor& from, std::span<const std::int64_t> rows, const Tensor& to) {
  const std::size_t width = rows.empty() ? 0 : to.bytes() / rows.size();
  const auto* source = static_cast<const std::byte*>(from.raw_data());
  auto* target = static_cast<std::byte*>(to.raw_data());
  const auto grain = static_cast<std::int64_t>((std::size_t{1} << 17) / std::max<std::size_t>(width, 1));
  parallel_for(static_cast<std::int64_t>(rows.size()), grain, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
      std::memcpy(target + i * width, source + static_cast<std::size_t>(rows[i]) * width, width);
  });
}

Tensor rows_of(const Tensor& from, std::span<const std::int64_t> rows, const Tensor& reused) {
  Shape shape = from.shape();
  shape[0] = static_cast<std::int64_t>(rows.size());
  Tensor to = reused.defined() && reused.shape() == shape ? reused : empty(shape, from.dtype());
  take_rows(from, rows, to);
  return to;
}

/// Rows with their targets and weights.
struct Rows {
  Tensor x, y, weights;
};

/// The L2 penalty α ‖w‖² / 2, divided by the weight of the batch.
struct Penalty {
  std::vector<Tensor> weights;
  double alpha = 0;

  /// Adds its part to the gradients, and returns its value.
  double add(double batch_weight) const {
    if (alpha == 0) return 0;
    double squares = 0;
    for (const Tensor& w : weights)
      visit_float(
          w.dtype(),
          [&]<class T>() {
            const auto factor = static_cast<T>(alpha / batch_weight);
            T* gradient = w.grad().data<T>();
            const T* values = w.data<T>();
            for (std::int64_t i = 0; i < w.elements(); ++i) gradient[i] += factor * values[i];
            squares += kernels::sum_of_squares(values, w.elements());
          },
          [] {});
    return alpha * squares / (2 * batch_weight);
  }
};

/// One pass over the rows in the given order; the mean of the losses before each step, penalty included.
double fit_epoch(nn::Module& network, optim::Optimizer& optimizer, const Rows& all, const Tensor& order,
                 std::int64_t batch_size, Loss kind, const Penalty& penalty) {
  const auto places = order.span<std::int64_t>();
  double total = 0;
  Rows batch;
  network.train();
  for (std::size_t at = 0; at < places.size(); at += static_cast<std::size_t>(batch_size)) {
    const auto rows = places.subspan(at, std::min(static_cast<std::size_t>(batch_size), places.size() - at));
    batch.x = rows_of(all.x, rows, batch.x);
    batch.y = rows_of(all.y, rows, batch.y);
    if (all.weights.defined()) batch.weights = rows_of(all.weights, rows, batch.weights);
    optimizer.zero_grad();
    const Tensor loss = mean_loss(kind, network(batch.x), batch.y, batch.weights);
    loss.backward();
    const auto count = static_cast<double>(rows.size());
    const double extra = penalty.add(batch.weights.defined() ? sum(batch.weights).item<double>() : count);
    optimizer.step();
    total += (loss.item<double>() + extra) * count;
  }
  network.eval();
  return total / static_cast<double>(places.size());
}

/// In evaluation mode, some rows at a time: what lies between the layers stays in cache.
Tensor outputs(nn::Module& network, const Tensor& x) {
  constexpr std::int64_t chunk = 256;
  const NoGradGuard guard;
  network.eval();
  Tensor result;
  for (std::int64_t at = 0; at < x.size(0); at += chunk) {
    const std::int64_t end = std::min(at + chunk, x.size(0));
    const Tensor y = network(x.slice(0, at, end));
    if (!result.defined()) result = empty({x.size(0), y.size(1)}, y.dtype());
    result.slice(0, at, end).copy_(y);
  }
  return result.defined() ? result : network(x);
}

Tensor optional(nb::handle object) { return object.is_none() ? Tensor() : tensor_from(object).contiguous(); }

void check_order(const Tensor& order, const Tensor& x) {
  for (const std::int64_t row : order.span<std::int64_t>())
    if (row < 0 || row >= x.size(0)) throw IndexError("fit: there is no row " + std::to_string(row));
}

}  // namespace

void bind_estimator(nb::module_& module) {
  module.def(
      "_fit_epoch",
      [](nn::Module& network, optim::Optimizer& optimizer, nb::handle x, nb::handle y, nb::handle weights,
         nb::handle order, std::int64_t batch_size, const std::string& loss, std::vector<Tensor> penalised,
         double alpha) {
        const Rows rows{tensor_from(x).contiguous(), tensor_from(y).contiguous(), optional(weights)};
        const Tensor places = tensor_from(order).contiguous();
        check_order(places, rows.x);
        const nb::gil_scoped_release release;
        return fit_epoch(network, optimizer, rows, places, std::max<std::int64_t>(batch_size, 1), loss_from(loss),
                         {std::move(penalised), alpha});
      },
      "network"_a, "optimizer"_a, "x"_a, "y"_a, "weights"_a.none(), "order"_a, "batch_size"_a, "loss"_a, "penalised"_a,
      "alpha"_a);
  module.def(
      "_mean_loss",
      [](const Tensor& output, nb::handle y, nb::handle weights, const std::string& loss) {
        return mean_loss(loss_from(loss), output, tensor_from(y), optional(weights));
      },
      "output"_a, "y"_a, "weights"_a.none(), "loss"_a);
  module.def(
      "_outputs",
      [](nn::Module& network, nb::handle x) {
        const Tensor rows = tensor_from(x).contiguous();
        const nb::gil_scoped_release release;
        return outputs(network, rows);
      },
      "network"_a, "x"_a);
}

}  // namespace relume::python
