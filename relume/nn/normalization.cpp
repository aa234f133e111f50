#include "relume/nn/normalization.h"

#include "relume/autograd/grad_mode.h"
#include "relume/base/require.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/normalization.h"
#include "relume/ops/pointwise.h"

namespace relume::nn {

BatchNorm1d::BatchNorm1d(std::int64_t features, const BatchNormOptions& options)
    : running_mean(zeros({features}, options.dtype)),
      running_var(ones({features}, options.dtype)),
      num_batches_tracked(zeros({}, DType::int64)),
      features_(features),
      epsilon_(options.epsilon),
      momentum_(options.momentum) {
  require(features > 0, "BatchNorm1d: {} features make no layer", features);
  if (options.affine) {
    weight = ones({features}, options.dtype);
    bias = zeros({features}, options.dtype);
    add_parameter("weight", weight);
    add_parameter("bias", bias);
  }
  add_buffer("running_mean", running_mean);
  add_buffer("running_var", running_var);
  add_buffer("num_batches_tracked", num_batches_tracked);
}

Tensor BatchNorm1d::normalized(const Tensor& rows) {
  if (!is_training()) {
    const Tensor scaled = (rows - running_mean) / sqrt(running_var + epsilon_);
    return weight.defined() ? scaled * weight + bias : scaled;
  }
  BatchMoments batch;
  Tensor y = batch_norm(rows, weight, bias, epsilon_, batch);
  NoGradGuard guard;
  const auto count = static_cast<double>(rows.size(0));
  running_mean.copy_(running_mean * (1 - momentum_) + batch.mean * momentum_);
  running_var.copy_(running_var * (1 - momentum_) + batch.variance * (momentum_ * count / (count - 1)));
  num_batches_tracked.copy_(num_batches_tracked + 1);
  return y;
}

Tensor BatchNorm1d::forward(const Tensor& x) {
  const int dimensions = x.dimensions();
  require<ShapeError>((dimensions == 2 || dimensions == 3) && x.size(1) == features_,
                      "BatchNorm1d: {} is neither [n, {}] nor [n, {}, length]", x.shape(), features_, features_);
  if (dimensions == 2) return normalized(x);
  const Tensor rows = x.transpose(1, 2);
  return normalized(rows.reshape({-1, features_})).reshape(rows.shape()).transpose(1, 2);
}

std::string BatchNorm1d::describe() const {
  return fmt::format("BatchNorm1d({}, eps={:g}, momentum={}, affine={}, track_running_stats=True)", features_, epsilon_,
                     momentum_, weight.defined() ? "True" : "False");
}

LayerNorm::LayerNorm(const Shape& shape, const LayerNormOptions& options) : shape_(shape), epsilon_(options.epsilon) {
  require(shape.dimensions() > 0 && shape.elements() > 0, "LayerNorm: {} makes no layer", shape);
  if (!options.affine) return;
  weight = ones(shape, options.dtype);
  bias = zeros(shape, options.dtype);
  add_parameter("weight", weight);
  add_parameter("bias", bias);
}

Tensor LayerNorm::forward(const Tensor& x) {
  const int last = shape_.dimensions();
  require<ShapeError>(x.dimensions() >= last && Shape(std::span(x.shape().end() - last, x.shape().end())) == shape_,
                      "LayerNorm: {} does not end with {}", x.shape(), shape_);
  if (weight.defined() || last == 1) return layer_norm(x, weight, bias, epsilon_);
  return layer_norm(x.flatten(x.dimensions() - last), weight, bias, epsilon_).reshape(x.shape());
}

std::string LayerNorm::describe() const {
  std::string shape;
  for (int i = 0; i < shape_.dimensions(); ++i) shape += fmt::format("{}{}", i ? ", " : "", shape_[i]);
  return fmt::format("LayerNorm(({}{}), eps={:g}, elementwise_affine={})", shape, shape_.dimensions() == 1 ? "," : "",
                     epsilon_, weight.defined() ? "True" : "False");
}

}  // namespace relume::nn
