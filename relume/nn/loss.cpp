// Compiled for speed.
#include "relume/nn/loss.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "relume/autograd/node.h"
#include "relume/base/require.h"
#include "relume/kernels/optimizer.h"
#include "relume/kernels/scratch.h"
#include "relume/kernels/softmax_rows.h"
#include "relume/ops/activation.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/comparison.h"
#include "relume/ops/order.h"
#include "relume/ops/pointwise.h"
#include "relume/ops/reduce.h"

namespace relume::nn {
namespace {

void check_options(const Tensor& logits, const CrossEntropyOptions& options) {
  require<DTypeError>(logits.dtype() == DType::float32 || logits.dtype() == DType::float64,
                      "cross_entropy: of {} logits; convert them with to(float32) first", name(logits.dtype()));
  require<ShapeError>(!options.class_weights.defined() || options.class_weights.shape() == Shape{logits.size(1)},
                      "cross_entropy: the class weights do not fit {} classes", logits.size(1));
  require(options.label_smoothing >= 0 && options.label_smoothing <= 1,
          "cross_entropy: label_smoothing {} is not in [0, 1]", options.label_smoothing);
}

void check(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options) {
  require<ShapeError>(logits.dimensions() == 2, "cross_entropy: logits of {} are not [rows, classes]", logits.shape());
  require<ShapeError>(targets.shape() == Shape{logits.size(0)}, "cross_entropy: targets of {} do not fit logits of {}",
                      targets.shape(), logits.shape());
  require<DTypeError>(targets.dtype() == DType::int64, "cross_entropy: the targets are {}, not int64",
                      name(targets.dtype()));
  check_options(logits, options);
}

/// One row of logits x, with ln Σ e^{x − largest}.
template <class T>
struct RowOfLogits {
  const T* logits;
  std::int64_t classes;
  T largest, log_total;

  /// −ln p of a class
  double cost_of(std::int64_t j) const { return static_cast<double>(log_total - (logits[j] - largest)); }
};

/// The weighted loss of one row, and `part` times its gradient by the logits in `gradient`, which holds part · p
/// before.
template <class T>
double row_loss(const RowOfLogits<T>& x, std::int64_t target, const T* weights, double smoothing, double part,
                T* gradient) {
  const double spread = smoothing / static_cast<double>(x.classes);
  const auto weight_of = [&](std::int64_t j) { return weights ? static_cast<double>(weights[j]) : 1.0; };
  const double on_target = (1 - smoothing) * weight_of(target);
  double loss = on_target * x.cost_of(target), share = on_target;  // share: Σ_j q_j w_j for the target distribution q
  if (spread > 0)
    for (std::int64_t j = 0; j < x.classes; ++j) {
      loss += spread * weight_of(j) * x.cost_of(j);
      share += spread * weight_of(j);
    }
  for (std::int64_t j = 0; j < x.classes; ++j) gradient[j] *= static_cast<T>(share);
  if (spread > 0)
    for (std::int64_t j = 0; j < x.classes; ++j) gradient[j] -= static_cast<T>(spread * weight_of(j) * part);
  gradient[target] -= static_cast<T>(on_target * part);
  return loss;
}

[[noreturn]] void no_such_class(std::int64_t target, std::size_t row, std::int64_t classes) {
  fail<IndexError>("cross_entropy: class {} of row {} is not in 0 … {}", target, row, classes - 1);
}

/// The weights of all rows that are not ignored, added up. Throws for a class that does not exist.
template <class T>
double checked_weight(std::span<const std::int64_t> targets, std::int64_t classes, const T* weights,
                      std::int64_t ignored) {
  const auto exists = [classes](std::int64_t target) {
    return static_cast<std::uint64_t>(target) < static_cast<std::uint64_t>(classes);
  };
  std::size_t existing = 0;
  for (const std::int64_t target : targets) existing += exists(target);
  if (existing == targets.size() && !exists(ignored) && !weights) return static_cast<double>(existing);
  double weight = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (targets[i] == ignored) continue;
    if (!exists(targets[i])) no_such_class(targets[i], i, classes);
    weight += weights ? static_cast<double>(weights[targets[i]]) : 1.0;
  }
  return weight;
}

/// The loss, and in `gradient` its derivative by the logits.
template <class T>
double cross_entropy_rows(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options,
                          const Tensor& gradient) {
  const std::int64_t rows = logits.size(0), classes = logits.size(1);
  const Tensor weights = options.class_weights.defined() ? options.class_weights.to(dtype_v<T>).contiguous() : Tensor();
  const T* weight_of = weights.defined() ? weights.data<T>() : nullptr;
  const auto* target = targets.data<std::int64_t>();
  const double weight = checked_weight(std::span<const std::int64_t>(target, static_cast<std::size_t>(rows)), classes,
                                       weight_of, options.ignore_index);
  thread_local kernels::Scratch scratch;
  T* largest = scratch.get<T>(2 * rows);
  T* log_total = largest + rows;
  const double part = 1 / weight;
  const T* x = logits.data<T>();
  T* dx = gradient.data<T>();
  kernels::softmax_rows<T>()(x, rows, classes, static_cast<T>(part), dx, largest, log_total);
  const auto sum_of = [&](auto loss_of) {
    double loss = 0;
    for (std::int64_t i = 0; i < rows; ++i) {
      T* row_gradient = dx + i * classes;
      if (target[i] == options.ignore_index)
        std::fill_n(row_gradient, classes, T{0});
      else
        loss += loss_of(RowOfLogits<T>{x + i * classes, classes, largest[i], log_total[i]}, target[i], row_gradient);
    }
    return loss;
  };
  const auto plain = [part](const RowOfLogits<T>& row, std::int64_t label, T* row_gradient) {
    row_gradient[label] -= static_cast<T>(part);
    return row.cost_of(label);
  };
  const auto weighted = [&](const RowOfLogits<T>& row, std::int64_t label, T* row_gradient) {
    return row_loss<T>(row, label, weight_of, options.label_smoothing, part, row_gradient);
  };
  return (weight_of || options.label_smoothing != 0 ? sum_of(weighted) : sum_of(plain)) / weight;
}

void check_same_shape(const char* operation, const Tensor& prediction, const Tensor& target) {
  require<ShapeError>(prediction.shape() == target.shape(), "{}: a prediction of {} and a target of {} differ",
                      operation, prediction.shape(), target.shape());
}

}  // namespace

namespace {

Tensor reduced(const Tensor& each, Reduction reduction) {
  switch (reduction) {
    case Reduction::none: return each;
    case Reduction::mean: return mean(each);
    case Reduction::sum: return sum(each);
    case Reduction::batchmean: break;
  }
  return each.dimensions() == 0 ? each : sum(each) / static_cast<double>(each.size(0));
}

/// [n, classes, …] as [rows, classes].
Tensor as_rows(const Tensor& x) {
  if (x.dimensions() == 2) return x;
  if (x.dimensions() == 1) return x.unsqueeze(0);
  Shape order{0};
  for (int d = 2; d < x.dimensions(); ++d) order.push_back(d);
  order.push_back(1);
  return x.permute(order).reshape({-1, x.size(1)});
}

/// The shape of the losses of [n, classes, …].
Shape rows_shape(const Tensor& x) {
  Shape shape;
  for (int d = 0; d < x.dimensions(); ++d)
    if (d != 1 && x.dimensions() > 1) shape.push_back(x.size(d));
  return shape;
}

void check_classes(const char* operation, const Tensor& x, const Tensor& targets, const Tensor& class_weights) {
  require<ShapeError>(x.dimensions() > 0 && targets.shape() == rows_shape(x), "{}: targets of {} do not fit {}",
                      operation, targets.shape(), x.shape());
  require<DTypeError>(targets.dtype() == DType::int64, "{}: the targets are {}, not int64", operation,
                      name(targets.dtype()));
  const std::int64_t classes = x.size(x.dimensions() > 1 ? 1 : 0);
  require<ShapeError>(!class_weights.defined() || class_weights.shape() == Shape{classes},
                      "{}: the class weights do not fit {} classes", operation, classes);
}

/// −w[t] x[t] of each row, and w[t]; both 0 where the class is the ignored one.
struct Costs {
  Tensor costs, weights, ignored;
};

Costs class_costs(const char* operation, const Tensor& x, const Tensor& targets, const Tensor& class_weights,
                  std::int64_t ignore_index) {
  const std::int64_t classes = x.size(1);
  const std::vector<double> weight_of =
      class_weights.defined() ? class_weights.to_vector<double>() : std::vector<double>();
  std::vector<std::int64_t> target = targets.to_vector<std::int64_t>();
  std::vector<double> weight(target.size(), 1), left_out(target.size());
  for (std::size_t i = 0; i < target.size(); ++i) {
    const bool ignored = target[i] == ignore_index;
    left_out[i] = ignored;
    if (ignored) target[i] = 0;
    require<IndexError>(target[i] >= 0 && target[i] < classes, "{}: class {} of row {} is not in 0 … {}", operation,
                        target[i], i, classes - 1);
    weight[i] = ignored ? 0 : weight_of.empty() ? 1 : weight_of[static_cast<std::size_t>(target[i])];
  }
  const Tensor w = from_vector(weight).to(x.dtype()), ignored = from_vector(left_out) != 0;
  const Tensor picked = gather(x, 1, from_vector(target).unsqueeze(1)).reshape({x.size(0)});
  return {where(ignored, scalar(0, x.dtype()), -picked * w), w, ignored};
}

Tensor reduced(const Tensor& costs, const Tensor& weights, const Shape& shape, Reduction reduction) {
  if (reduction == Reduction::mean) return sum(costs) / sum(weights);
  return reduced(costs.reshape(shape), reduction);
}

// L = −Σ q w ln p / n, of operations that are recorded: the targets may want a gradient too
Tensor cross_entropy_of_probabilities(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options) {
  require<ShapeError>(logits.dimensions() > 0 && targets.shape() == logits.shape(),
                      "cross_entropy: probabilities of {} do not fit logits of {}", targets.shape(), logits.shape());
  const Tensor x = as_rows(logits);
  check_options(x, options);
  const double spread = options.label_smoothing / static_cast<double>(x.size(1));
  Tensor share = as_rows(targets);
  if (spread > 0) share = share * (1 - options.label_smoothing) + spread;
  if (options.class_weights.defined()) share = share * options.class_weights;
  const Tensor costs = -sum(log_softmax(x, 1) * share, {1});
  return reduced(costs.reshape(rows_shape(logits)), options.reduction);
}

/// What the fused loop does not do: other reductions than the mean.
Tensor cross_entropy_composed(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options) {
  const Tensor x = as_rows(logits);
  check_options(x, options);
  const Tensor log_p = log_softmax(x, 1);
  Costs each = class_costs("cross_entropy", log_p, targets, options.class_weights, options.ignore_index);
  if (options.label_smoothing > 0) {
    const Tensor all = options.class_weights.defined() ? log_p * options.class_weights.to(x.dtype()) : log_p;
    const Tensor spread = sum(all, {1}) * (-options.label_smoothing / static_cast<double>(x.size(1)));
    each.costs = where(each.ignored, scalar(0, x.dtype()), each.costs * (1 - options.label_smoothing) + spread);
  }
  return reduced(each.costs, each.weights, rows_shape(logits), options.reduction);
}

}  // namespace

// L = −ln p[t]:  dx = (p − onehot(t)) dL / n
Tensor cross_entropy(const Tensor& logits_in, const Tensor& targets_in, const CrossEntropyOptions& options) {
  if (is_floating(targets_in.dtype())) return cross_entropy_of_probabilities(logits_in, targets_in, options);
  if (logits_in.dimensions() != 2 || options.reduction != Reduction::mean) {
    check_classes("cross_entropy", logits_in, targets_in, options.class_weights);
    if (options.reduction != Reduction::mean) return cross_entropy_composed(logits_in, targets_in, options);
    return cross_entropy(as_rows(logits_in), targets_in.reshape({-1}), options);
  }
  check(logits_in, targets_in, options);
  const Tensor logits = logits_in.contiguous(), targets = targets_in.contiguous();
  const Tensor gradient = empty(logits.shape(), logits.dtype());
  const double loss = logits.dtype() == DType::float64 ? cross_entropy_rows<double>(logits, targets, options, gradient)
                                                       : cross_entropy_rows<float>(logits, targets, options, gradient);
  return record(scalar(loss, logits.dtype()), "NllLossBackward0", {&logits},
                [gradient = Saved(gradient)](const BackwardContext& c) -> Gradients {
                  if (c.gradient.item<double>() == 1) return {c(gradient)};
                  return {c(gradient) * c.gradient};
                });
}

Tensor focal_loss(const Tensor& logits, const Tensor& targets, const FocalOptions& options) {
  check_classes("focal_loss", logits, targets, options.class_weights);
  require(options.gamma == 0 || options.gamma >= 1, "focal_loss: a gamma of {} is neither 0 nor at least 1",
          options.gamma);
  constexpr std::int64_t none = -100;
  const Tensor log_p = log_softmax(as_rows(logits), 1);
  Tensor each = class_costs("focal_loss", log_p, targets, Tensor(), none).costs;
  if (options.gamma > 0) each = pow(1 - exp(-each), options.gamma) * each;
  if (options.class_weights.defined())
    each = each * class_costs("focal_loss", log_p.detach(), targets, options.class_weights, none).weights;
  return reduced(each.reshape(rows_shape(logits)), options.reduction);
}

Tensor nll_loss(const Tensor& x, const Tensor& targets, const NllOptions& options) {
  check_classes("nll_loss", x, targets, options.class_weights);
  const Costs each = class_costs("nll_loss", as_rows(x), targets, options.class_weights, options.ignore_index);
  return reduced(each.costs, each.weights, rows_shape(x), options.reduction);
}

// (1 − y) x − (1 + (p − 1) y) ln σ(x)
Tensor bce_with_logits(const Tensor& x, const Tensor& y, const Tensor& positive_weight, const Tensor& weight,
                       Reduction reduction) {
  check_same_shape("bce_with_logits", x, y);
  const Tensor log_likelihood = log_sigmoid(x);
  const Tensor likelihood =
      positive_weight.defined() ? ((positive_weight - 1) * y + 1) * log_likelihood : log_likelihood;
  const Tensor each = (1 - y) * x - likelihood;
  return reduced(weight.defined() ? each * weight : each, reduction);
}

// dp = (p − y) / (p (1 − p)) dL,  dy = (ln(1 − p) − ln p) dL
Tensor binary_cross_entropy(const Tensor& p, const Tensor& y, const Tensor& weight, Reduction reduction) {
  check_same_shape("binary_cross_entropy", p, y);
  require(p.elements() == 0 || (min(p.detach()).item<double>() >= 0 && max(p.detach()).item<double>() <= 1),
          "binary_cross_entropy: the input is not in [0, 1]; bce_with_logits takes logits");
  Tensor value, log_odds;
  {
    const NoGradGuard guard;
    const Tensor on = clamp(log(p), -100), off = clamp(log(1 - p), -100);
    value = (y - 1) * off - y * on;
    log_odds = off - on;
  }
  const Tensor each =
      record(value, "BinaryCrossEntropyBackward0", {&p, &y},
             [p = Saved(p), y = Saved(y), odds = Saved(log_odds)](const BackwardContext& c) -> Gradients {
               const Tensor slope = (c(p) - c(y)) / maximum(c(p) * (1 - c(p)), 1e-12);
               return {c.gradient * slope, c.needs(1) ? c.gradient * c(odds) : Tensor()};
             });
  return reduced(weight.defined() ? each * weight : each, reduction);
}

// The logarithm of 1 stands for that of 0, which q = 0 takes out again.
Tensor kl_div(const Tensor& x, const Tensor& target, Reduction reduction, bool log_target) {
  check_same_shape("kl_div", x, target);
  if (log_target) return reduced(exp(target) * (target - x), reduction);
  const Tensor positive = where(target.detach() == 0, scalar(1, target.dtype()), target);
  return reduced(target * (log(positive) - x), reduction);
}

// L = mean (x − y)²:  dx = 2 (x − y) dL / n,  dy = −dx
Tensor mse_loss(const Tensor& prediction, const Tensor& target, Reduction reduction) {
  check_same_shape("mse_loss", prediction, target);
  if (reduction != Reduction::mean) {
    const Tensor away = prediction - target;
    return reduced(away * away, reduction);
  }
  Tensor difference;
  {
    NoGradGuard guard;
    difference = prediction - target;
  }
  const DType dtype = difference.dtype();
  require<DTypeError>(is_floating(dtype), "mse_loss: of {}; convert it with to(float32) first", name(dtype));
  const auto count = static_cast<double>(difference.elements());
  const Tensor wide = size_of(dtype) < 4 ? difference.to(DType::float32) : difference;
  double squares = 0;
  visit_float(
      wide.dtype(), [&]<class T>() { squares = kernels::sum_of_squares(wide.data<T>(), wide.elements()); }, [] {});
  return record(scalar(squares / count, dtype), "MseLossBackward0", {&prediction, &target},
                [difference = Saved(difference), count, from = prediction.dtype(),
                 to = target.dtype()](const BackwardContext& c) -> Gradients {
                  const Tensor dx = c(difference) * (c.gradient.item<double>() * 2 / count);
                  return {c.needs(0) ? dx.to(from) : Tensor(), c.needs(1) ? (-dx).to(to) : Tensor()};
                });
}

Tensor l1_loss(const Tensor& prediction, const Tensor& target, Reduction reduction) {
  check_same_shape("l1_loss", prediction, target);
  return reduced(abs(prediction - target), reduction);
}

Tensor huber_loss(const Tensor& prediction, const Tensor& target, double delta, Reduction reduction) {
  check_same_shape("huber_loss", prediction, target);
  require(delta > 0, "huber_loss: delta {} is not positive", delta);
  const Tensor size = abs(prediction - target);
  return reduced(where(size.detach() < delta, size * size * 0.5, (size - delta / 2) * delta), reduction);
}

Tensor smooth_l1_loss(const Tensor& prediction, const Tensor& target, double beta, Reduction reduction) {
  require(beta >= 0, "smooth_l1_loss: beta {} is negative", beta);
  if (beta == 0) return l1_loss(prediction, target, reduction);
  return huber_loss(prediction, target, beta, reduction) / beta;
}

}  // namespace relume::nn
