// Compiled for size.
#include "relume/infer/freeze.h"

#include <typeinfo>

#include "relume/base/require.h"
#include "relume/io/model.h"
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

Scale frozen_norm(const nn::BatchNorm1d& norm) {
  require<InputError>(norm.running_mean.defined(),
                      "freeze: a BatchNorm1d without running averages asks what else is in the batch; track them");
  const auto n = static_cast<std::size_t>(norm.features());
  return infer::scale_of(values(norm.running_mean), values_or(norm.weight, n, 1), values_or(norm.bias, n, 0),
                         values(norm.running_var), norm.epsilon());
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
    layers.emplace_back(frozen_norm(*batch));
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

}  // namespace

Frozen freeze(const nn::Module& network, std::int64_t features) {
  Frozen frozen;
  append(frozen.layers, network);
  return finished(std::move(frozen), features);
}

Frozen freeze(const io::Model& model) {
  Frozen frozen;
  add_input_scale(frozen, model);
  append(frozen.layers, *model.network);
  return finished(std::move(frozen), model.features);
}

}  // namespace relume::infer
