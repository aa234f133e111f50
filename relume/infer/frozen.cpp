// Compiled for size.
#include "relume/infer/frozen.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "relume/base/require.h"
#include "relume/infer/freeze.h"
#include "relume/io/model.h"

namespace relume::infer {
namespace {

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

}  // namespace

Scale scale_of(std::vector<float> mean, std::vector<float> weight, std::vector<float> bias,
               const std::vector<float>& variance, double epsilon) {
  for (std::size_t i = 0; i < weight.size(); ++i)
    weight[i] = static_cast<float>(wide(weight[i]) / std::sqrt(wide(variance[i]) + epsilon));
  return {std::move(mean), std::move(weight), std::move(bias)};
}

void add_input_scale(Frozen& frozen, const io::Model& model) {
  const data::InputScale& input = model.scale;
  if (model.preprocessor || (input.scale == 1 && input.shift == 0)) return;
  const auto n = static_cast<std::size_t>(model.features);
  frozen.layers.emplace_back(
      Scale{std::vector<float>(n), std::vector<float>(n, input.scale), std::vector<float>(n, input.shift)});
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

std::int64_t features_out(const FrozenLayer& layer, std::int64_t features) {
  if (const auto* dense = std::get_if<Dense>(&layer)) return dense->outputs;
  if (const auto* along = std::get_if<Along>(&layer)) return along->activation.entry().features_out(features);
  return features;
}

}  // namespace relume::infer
