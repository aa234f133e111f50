// One epoch of an estimator's fit, and its outputs, without Python's lock.
#include <algorithm>
#include <cmath>
#include <limits>

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/core/core.h"
#include "python/core/rows.h"
#include "relume/autograd/grad_mode.h"
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

enum class Loss : std::uint8_t { classes, labels, squares, counts };

Loss loss_from(const std::string& name) {
  if (name == "classes") return Loss::classes;
  if (name == "labels") return Loss::labels;
  return name == "counts" ? Loss::counts : Loss::squares;
}

/// ln(1 + eˣ) − y x: the binary cross entropy of a logit, stable for large x.
Tensor binary_losses(const Tensor& logits, const Tensor& y) {
  return softplus(-abs(logits)) + maximum(logits, 0) - logits * y;
}

/// y ln(y / eˣ) − y + eˣ: half the Poisson deviance of the logarithm of a rate.
Tensor poisson_losses(const Tensor& x, const Tensor& y) {
  const Tensor at_best = y * log(maximum(y, std::numeric_limits<float>::min())) - y;
  return exp(x) - y * x + at_best;
}

/// The loss of each row.
Tensor row_losses(Loss kind, const Tensor& output, const Tensor& y) {
  switch (kind) {
    case Loss::classes: return -gather(log_softmax(output, 1), 1, y.unsqueeze(1)).squeeze(1);
    case Loss::labels: return sum(binary_losses(output, y), {1});
    case Loss::counts: return sum(poisson_losses(output, y), {1});
    default: return sum((output - y) * (output - y), {1}) * 0.5;
  }
}

/// The mean over the rows, weighted where weights are given.
Tensor mean_loss(Loss kind, const Tensor& output, const Tensor& y, const Tensor& weights) {
  if (weights.defined()) return sum(row_losses(kind, output, y) * weights) / sum(weights);
  if (kind == Loss::classes) return nn::cross_entropy(output, y);
  if (kind == Loss::counts) return mean(row_losses(kind, output, y));
  const auto width = static_cast<double>(output.size(1));
  return kind == Loss::labels ? nn::bce_with_logits(output, y) * width : nn::mse_loss(output, y) * (0.5 * width);
}

/// Rows with their targets and weights.
struct Examples {
  Rows x;
  Tensor y, weights;

  Examples(nb::handle x_given, nb::handle y_given, nb::handle weights_given)
      : x(x_given), y(to_read(y_given)), weights(weights_given.is_none() ? Tensor() : to_read(weights_given)) {
    if (y.size(0) != x.count() || (weights.defined() && weights.size(0) != x.count()))
      throw nb::value_error("fit: X, y and the weights have different numbers of rows");
  }
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

/// The logarithms of scikit-learn's smallest probability, and of what is left of 1: it reckons with none beyond.
struct LogBounds {
  double least, most;

  explicit LogBounds(DType dtype) {
    const double epsilon =
        dtype == DType::float64 ? std::numeric_limits<double>::epsilon() : std::numeric_limits<float>::epsilon();
    least = std::log(epsilon);
    most = std::log1p(-epsilon);
  }
};

/// Whether a probability may lie beyond the bounds: the numbers lie further apart than its logarithm.
bool is_extreme(const Tensor& output) {
  bool extreme = false;
  visit_float(
      output.dtype(),
      [&]<class T>() {
        const auto [low, high] = std::minmax_element(output.data<T>(), output.data<T>() + output.elements());
        const double room = std::log(static_cast<double>(output.size(1)));
        extreme = !(std::max<double>(*high, 0) - std::min<double>(*low, 0) + room < -LogBounds(output.dtype()).least);
      },
      [] {});
  return extreme;
}

/// The mean loss where the logarithm of no probability counts for more than scikit-learn's bounds.
double bounded_loss(Loss kind, const Tensor& output, const Tensor& y, const Tensor& weights) {
  const NoGradGuard guard;
  const LogBounds bounds(output.dtype());
  const auto bounded = [&](const Tensor& logs) { return clamp(logs, bounds.least, bounds.most); };
  const Tensor logs = kind == Loss::classes
                          ? bounded(gather(log_softmax(output, 1), 1, y.unsqueeze(1))).squeeze(1)
                          : sum(y * bounded(-softplus(-output)) + (1 - y) * bounded(-softplus(output)), {1});
  return -(weights.defined() ? sum(logs * weights) / sum(weights) : mean(logs)).item<double>();
}

/// The loss as scikit-learn tells it: of squares the mean over the outputs, whose gradient is that of their sum; of
/// probabilities with bounds.
double told(Loss kind, double loss, const Tensor& output, const Tensor& y, const Tensor& weights) {
  if (kind == Loss::squares) return loss / static_cast<double>(y.size(1));
  const bool small = !weights.defined() && loss * static_cast<double>(y.size(0)) < -LogBounds(output.dtype()).least;
  if (kind == Loss::counts || small || !is_extreme(output)) return loss;
  return bounded_loss(kind, output.detach(), y, weights);
}

/// What the rows of y weigh together.
double weight_of(const Tensor& y, const Tensor& weights) {
  return weights.defined() ? sum(weights).item<double>() : static_cast<double>(y.size(0));
}

/// One pass over the rows in the given order; the mean of the losses before each step, penalty included. Rows that
/// weigh nothing together make no step.
double fit_epoch(nn::Module& network, optim::Optimizer& optimizer, const Examples& all, const Tensor& order,
                 std::int64_t batch_size, Loss kind, const Penalty& penalty) {
  const auto places = order.span<std::int64_t>();
  double total = 0;
  Batch x;
  Tensor y, weights;
  network.train();
  for (std::size_t at = 0; at < places.size(); at += static_cast<std::size_t>(batch_size)) {
    const auto rows = places.subspan(at, std::min(static_cast<std::size_t>(batch_size), places.size() - at));
    y = take_rows(all.y, rows, y);
    if (all.weights.defined()) weights = take_rows(all.weights, rows, weights);
    const double weight = weight_of(y, weights);
    if (weight == 0) continue;
    all.x.take(rows, x);
    optimizer.zero_grad();
    const Tensor output = run(network, x), loss = mean_loss(kind, output, y, weights);
    loss.backward();
    const double extra = penalty.add(weight);
    optimizer.step();
    total += (told(kind, loss.item<double>(), output, y, weights) + extra) * static_cast<double>(rows.size());
  }
  network.eval();
  return total / static_cast<double>(places.size());
}

/// The mean loss of all rows; its gradients are added to the parameters', one slice of the rows after the other.
double add_gradients(nn::Module& network, const Examples& all, Loss kind) {
  constexpr std::int64_t slice_elements = 1 << 22;
  const std::int64_t rows = std::max<std::int64_t>(slice_elements / std::max<std::int64_t>(all.x.width(), 1), 256);
  const double whole = weight_of(all.y, all.weights);
  double total = 0;
  for (std::int64_t at = 0; at < all.x.count(); at += rows) {
    const std::int64_t end = std::min(at + rows, all.x.count());
    const Tensor y = all.y.slice(0, at, end);
    const Tensor weights = all.weights.defined() ? all.weights.slice(0, at, end) : Tensor();
    const double part = weight_of(y, weights);
    if (part == 0) continue;
    const Tensor loss = mean_loss(kind, run(network, all.x.slice(at, end)), y, weights) * (part / whole);
    loss.backward();
    total += loss.item<double>();
  }
  return total;
}

/// In evaluation mode, some rows at a time: what lies between the layers stays in cache. Compressed rows are many more,
/// for the weights are more than they.
Tensor outputs(nn::Module& network, const Rows& x) {
  const std::int64_t chunk = x.compressed() ? 4096 : 256;
  const NoGradGuard guard;
  network.eval();
  Tensor result;
  for (std::int64_t at = 0; at < x.count(); at += chunk) {
    const std::int64_t end = std::min(at + chunk, x.count());
    const Tensor y = run(network, x.slice(at, end));
    if (!result.defined()) result = empty({x.count(), y.size(1)}, y.dtype());
    result.slice(0, at, end).copy_(y);
  }
  return result.defined() ? result : run(network, x.slice(0, 0));
}

void check_order(const Tensor& order, const Rows& x) {
  for (const std::int64_t row : order.span<std::int64_t>())
    if (row < 0 || row >= x.count()) throw IndexError("fit: there is no row " + std::to_string(row));
}

}  // namespace

void bind_estimator(nb::module_& module) {
  nb::class_<Examples>(module, "_Examples")
      .def(nb::init<nb::handle, nb::handle, nb::handle>(), "x"_a, "y"_a, "weights"_a.none());
  module.def(
      "_fit_epoch",
      [](nn::Module& network, optim::Optimizer& optimizer, const Examples& all, nb::handle order,
         std::int64_t batch_size, const std::string& loss, std::vector<Tensor> penalised, double alpha) {
        const Tensor places = tensor_from(order).contiguous();
        check_order(places, all.x);
        const nb::gil_scoped_release release;
        return fit_epoch(network, optimizer, all, places, std::max<std::int64_t>(batch_size, 1), loss_from(loss),
                         {std::move(penalised), alpha});
      },
      "network"_a, "optimizer"_a, "examples"_a, "order"_a, "batch_size"_a, "loss"_a, "penalised"_a, "alpha"_a);
  module.def(
      "_add_gradients",
      [](nn::Module& network, const Examples& all, const std::string& loss) {
        const nb::gil_scoped_release release;
        return add_gradients(network, all, loss_from(loss));
      },
      "network"_a, "examples"_a, "loss"_a);
  module.def(
      "_outputs",
      [](nn::Module& network, nb::handle x) {
        const Rows rows(x);
        const nb::gil_scoped_release release;
        return outputs(network, rows);
      },
      "network"_a, "x"_a);
}

}  // namespace relume::python
