#include "relume/nn/normalization.h"

#include "relume/autograd/grad_mode.h"
#include "relume/base/require.h"
#include "relume/nn/layer_word.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/normalization.h"
#include "relume/ops/pointwise.h"

namespace relume::nn {

BatchNorm1d::BatchNorm1d(std::int64_t features, const BatchNormOptions& options)
    : features_(features), options_(options) {
  require(features > 0, "BatchNorm1d: {} features make no layer", features);
  if (options.affine) {
    weight = ones({features}, options.dtype);
    add_parameter("weight", weight);
    if (options.bias) bias = zeros({features}, options.dtype);
    add_parameter("bias", bias);
  }
  if (!options.track) return;
  running_mean = zeros({features}, options.dtype);
  running_var = ones({features}, options.dtype);
  num_batches_tracked = zeros({}, DType::int64);
  add_buffer("running_mean", running_mean);
  add_buffer("running_var", running_var);
  add_buffer("num_batches_tracked", num_batches_tracked);
}

std::shared_ptr<Module> BatchNorm1d::from_word(const LayerPlace& place) {
  return std::make_shared<BatchNorm1d>(place.features, BatchNormOptions{.epsilon = place.number(1e-5)});
}

// Weight, bias, both running averages, and their number.
LayerSize BatchNorm1d::size_of_word(const LayerPlace& place) { return {4 * place.features + 1, place.features}; }

Tensor BatchNorm1d::normalized(const Tensor& rows) {
  if (!is_training() && options_.track) {
    const Tensor scaled = (rows - running_mean) / sqrt(running_var + options_.epsilon);
    const Tensor weighted = weight.defined() ? scaled * weight : scaled;
    return bias.defined() ? weighted + bias : weighted;
  }
  BatchMoments batch;
  Tensor y = batch_norm(rows, weight, bias, options_.epsilon, batch);
  if (options_.track) follow(batch.mean, batch.variance, rows.size(0));
  return y;
}

void BatchNorm1d::follow(const Tensor& mean, const Tensor& variance, std::int64_t rows) {
  NoGradGuard guard;
  num_batches_tracked.copy_(num_batches_tracked + 1);
  const double share = options_.cumulative ? 1 / num_batches_tracked.item<double>() : options_.momentum;
  const auto count = static_cast<double>(rows);
  running_mean.copy_(running_mean * (1 - share) + mean * share);
  running_var.copy_(running_var * (1 - share) + variance * (share * count / (count - 1)));
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
  const auto truth = [](bool value) { return value ? "True" : "False"; };
  return fmt::format("BatchNorm1d({}, eps={:g}, momentum={}, affine={}, track_running_stats={})", features_,
                     options_.epsilon, options_.cumulative ? "None" : fmt::format("{}", options_.momentum),
                     truth(weight.defined()), truth(options_.track));
}

LayerNorm::LayerNorm(const Shape& shape, const LayerNormOptions& options) : shape_(shape), epsilon_(options.epsilon) {
  require(shape.dimensions() > 0 && shape.elements() > 0, "LayerNorm: {} makes no layer", shape);
  if (!options.affine) return;
  weight = ones(shape, options.dtype);
  add_parameter("weight", weight);
  if (options.bias) bias = zeros(shape, options.dtype);
  add_parameter("bias", bias);
}

std::shared_ptr<Module> LayerNorm::from_word(const LayerPlace& place) {
  return std::make_shared<LayerNorm>(place.features, LayerNormOptions{.epsilon = place.number(1e-5)});
}

LayerSize LayerNorm::size_of_word(const LayerPlace& place) { return {2 * place.features, place.features}; }

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
