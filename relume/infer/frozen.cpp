// Compiled for size.
#include "relume/infer/frozen.h"

#include <algorithm>
#include <cmath>
#include <typeinfo>

#include "relume/base/require.h"
#include "relume/nn/layers.h"

namespace relume::infer {
namespace {

std::vector<float> values(const Tensor& tensor) {
  const Tensor plain = tensor.detach().to(float32).contiguous();
  const auto span = plain.span<float>();
  return {span.begin(), span.end()};
}

std::vector<float> values_or(const Tensor& tensor, std::size_t count, float otherwise) {
  return tensor.defined() ? values(tensor) : std::vector<float>(count, otherwise);
}

Dense dense_of(const nn::Linear& linear) {
  Dense dense{linear.in_features(), linear.out_features(), values(linear.weight), {}};
  dense.bias = values_or(linear.bias, static_cast<std::size_t>(dense.outputs), 0);
  return dense;
}

/// (x − mean) / √(variance + ε) · weight + bias
Scale scale_of(const nn::BatchNorm1d& norm) {
  require<InputError>(norm.running_mean.defined(),
                      "freeze: a BatchNorm1d without running averages asks what else is in the batch; track them");
  const auto n = static_cast<std::size_t>(norm.features());
  const auto variance = values(norm.running_var);
  Scale scale{values(norm.running_mean), values_or(norm.weight, n, 1), values_or(norm.bias, n, 0)};
  for (std::size_t i = 0; i < n; ++i)
    scale.factor[i] = static_cast<float>(static_cast<double>(scale.factor[i]) /
                                         std::sqrt(static_cast<double>(variance[i]) + norm.epsilon()));
  return scale;
}

Normalise normalise_of(const nn::LayerNorm& norm) {
  require<InputError>(norm.normalized_shape().dimensions() == 1, "freeze: a LayerNorm over {} is not one over a row",
                      norm.normalized_shape());
  const auto n = static_cast<std::size_t>(norm.normalized_shape()[0]);
  return {1, norm.epsilon(), values_or(norm.weight, n, 1), values_or(norm.bias, n, 0)};
}

Normalise normalise_of(const nn::GroupNorm& norm) {
  const auto n = static_cast<std::size_t>(norm.channels());
  return {norm.groups(), norm.epsilon(), values_or(norm.weight, n, 1), values_or(norm.bias, n, 0)};
}

void append(std::vector<FrozenLayer>& layers, const nn::Module& module);

void append_children(std::vector<FrozenLayer>& layers, const nn::Module& module) {
  for (const auto& [name, child] : module.children()) append(layers, *child);
}

void append(std::vector<FrozenLayer>& layers, const nn::Module& module) {
  // Of the type itself: what derives from it may have a forward() of its own.
  const auto as = [&]<class M>() { return typeid(module) == typeid(M) ? static_cast<const M*>(&module) : nullptr; };
  if (as.operator()<nn::Sequential>()) return append_children(layers, module);
  if (as.operator()<nn::Residual>()) {
    layers.emplace_back(BeginResidual());
    append_children(layers, module);
    layers.emplace_back(EndResidual());
  } else if (const auto* linear = as.operator()<nn::Linear>()) {
    layers.emplace_back(dense_of(*linear));
  } else if (const auto* batch = as.operator()<nn::BatchNorm1d>()) {
    layers.emplace_back(scale_of(*batch));
  } else if (const auto* layer = as.operator()<nn::LayerNorm>()) {
    layers.emplace_back(normalise_of(*layer));
  } else if (const auto* group = as.operator()<nn::GroupNorm>()) {
    layers.emplace_back(normalise_of(*group));
  } else if (const auto* prelu = as.operator()<nn::PReLU>()) {
    layers.emplace_back(Slopes{values(prelu->weight)});
  } else if (const auto* elementwise = dynamic_cast<const nn::Activate*>(&module)) {
    layers.emplace_back(Elementwise{elementwise->activation()});
  } else if (const auto* along = dynamic_cast<const nn::ActivateAlong*>(&module)) {
    require<InputError>(along->dimension() == -1 || along->dimension() == 1,
                        "freeze: {} does not go along a row; give it dimension 1", module.describe());
    layers.emplace_back(Along{along->activation()});
  } else {
    const auto* flatten = as.operator()<nn::Flatten>();
    require<InputError>(module.is_identity_in_evaluation() || (flatten && flatten->from() == 1),
                        "freeze: {} is no layer that is known here; give a Sequential of relume's own layers",
                        module.describe());
  }
}

double wide(float x) { return static_cast<double>(x); }

/// What a scale adds to x · factor.
double shift(const Scale& scale, std::size_t i) {
  return wide(scale.offset[i]) - wide(scale.center[i]) * wide(scale.factor[i]);
}

/// W x + b, and then the scale.
void join(Dense& dense, const Scale& scale) {
  const auto width = static_cast<std::size_t>(dense.inputs);
  for (std::size_t j = 0; j < dense.bias.size(); ++j) {
    const double factor = wide(scale.factor[j]);
    for (std::size_t i = 0; i < width; ++i)
      dense.weight[j * width + i] = static_cast<float>(wide(dense.weight[j * width + i]) * factor);
    dense.bias[j] = static_cast<float>(wide(dense.bias[j]) * factor + shift(scale, j));
  }
}

/// The scale, and then W x + b.
void join(const Scale& scale, Dense& dense) {
  const auto width = static_cast<std::size_t>(dense.inputs);
  for (std::size_t j = 0; j < dense.bias.size(); ++j) {
    double bias = wide(dense.bias[j]);
    for (std::size_t i = 0; i < width; ++i) {
      float& w = dense.weight[j * width + i];
      bias += wide(w) * shift(scale, i);
      w = static_cast<float>(wide(w) * wide(scale.factor[i]));
    }
    dense.bias[j] = static_cast<float>(bias);
  }
}

/// Where x · factor and what is added nearly cancel each other, their sum must be taken before anything is rounded.
bool keeps_bits(const Scale& scale) {
  for (std::size_t i = 0; i < scale.factor.size(); ++i)
    if (std::abs(shift(scale, i)) > 4) return false;
  return true;
}

/// Whether `layer` became part of the one before it, or took that in.
bool fold(FrozenLayer& before, FrozenLayer& layer) {
  if (const auto* scale = std::get_if<Scale>(&layer))
    if (auto* dense = std::get_if<Dense>(&before)) return join(*dense, *scale), true;
  const auto* scale = std::get_if<Scale>(&before);
  auto* dense = std::get_if<Dense>(&layer);
  if (!scale || !dense || !keeps_bits(*scale)) return false;
  join(*scale, *dense);
  before = std::move(layer);
  return true;
}

void fold(Frozen& frozen) {
  std::vector<FrozenLayer> folded;
  for (FrozenLayer& layer : frozen.layers) {
    const auto* f = std::get_if<Elementwise>(&layer);
    if (f && f->activation.name() == "identity") continue;
    if (folded.empty() || !fold(folded.back(), layer)) folded.push_back(std::move(layer));
  }
  frozen.layers = std::move(folded);
}

/// How many values a layer takes, where it says so.
std::int64_t features_in(const FrozenLayer& layer) {
  if (const auto* dense = std::get_if<Dense>(&layer)) return dense->inputs;
  if (const auto* scale = std::get_if<Scale>(&layer)) return std::ssize(scale->factor);
  if (const auto* norm = std::get_if<Normalise>(&layer)) return std::ssize(norm->factor);
  if (const auto* slopes = std::get_if<Slopes>(&layer)) return slopes->slope.size() > 1 ? std::ssize(slopes->slope) : 0;
  return 0;
}

/// Widths from layer to layer, those at both ends of a detour among them.
void check_widths(Frozen& frozen) {
  std::int64_t features = frozen.inputs;
  std::vector<std::int64_t> begun;
  for (const FrozenLayer& layer : frozen.layers) {
    const std::int64_t takes = features_in(layer);
    require<InputError>(takes == 0 || takes == features, "freeze: a layer takes {} values and gets {}", takes,
                        features);
    features = features_out(layer, features);
    if (std::holds_alternative<BeginResidual>(layer)) begun.push_back(features);
    if (!std::holds_alternative<EndResidual>(layer)) continue;
    require<InputError>(begun.back() == features, "freeze: the layers of a Residual turn {} values into {}",
                        begun.back(), features);
    begun.pop_back();
  }
  frozen.outputs = features;
}

void check_finite(const std::vector<float>& numbers) {
  require<InputError>(std::ranges::all_of(numbers, [](float x) { return std::isfinite(x); }),
                      "freeze: a weight of the network is NaN or infinite; the training failed, or it is damaged");
}

void check_finite(const Frozen& frozen) {
  for (const FrozenLayer& layer : frozen.layers) {
    if (const auto* dense = std::get_if<Dense>(&layer)) check_finite(dense->weight), check_finite(dense->bias);
    if (const auto* slopes = std::get_if<Slopes>(&layer)) check_finite(slopes->slope);
    if (const auto* norm = std::get_if<Normalise>(&layer)) check_finite(norm->factor), check_finite(norm->offset);
    if (const auto* scale = std::get_if<Scale>(&layer))
      check_finite(scale->center), check_finite(scale->factor), check_finite(scale->offset);
  }
}

Frozen finished(Frozen frozen, std::int64_t features) {
  frozen.inputs = features;
  for (const FrozenLayer& layer : frozen.layers) {
    if (frozen.inputs == 0) frozen.inputs = features_in(layer);
    if (std::holds_alternative<Along>(layer)) break;  // changes the width
  }
  require<InputError>(frozen.inputs > 0, "freeze: the first layers do not say how many values a row has; say it");
  check_widths(frozen);
  check_finite(frozen);
  fold(frozen);
  return frozen;
}

}  // namespace

std::int64_t features_out(const FrozenLayer& layer, std::int64_t features) {
  if (const auto* dense = std::get_if<Dense>(&layer)) return dense->outputs;
  if (const auto* along = std::get_if<Along>(&layer)) return along->activation.entry().features_out(features);
  return features;
}

Frozen freeze(const nn::Module& network, std::int64_t features) {
  Frozen frozen;
  append(frozen.layers, network);
  return finished(std::move(frozen), features);
}

Frozen freeze(const io::Model& model) {
  Frozen frozen;
  const data::InputScale& input = model.scale;
  if (!model.preprocessor && (input.scale != 1 || input.shift != 0)) {
    const auto n = static_cast<std::size_t>(model.features);
    frozen.layers.emplace_back(
        Scale{std::vector<float>(n), std::vector<float>(n, input.scale), std::vector<float>(n, input.shift)});
  }
  append(frozen.layers, *model.network);
  return finished(std::move(frozen), model.features);
}

}  // namespace relume::infer
