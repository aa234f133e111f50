#include "relume/io/layer_facts.h"

#include <fmt/format.h>

#include "relume/io/outputs.h"
#include "relume/nn/linear.h"

namespace relume::io {
namespace {

std::int64_t bytes_of(const std::vector<std::pair<std::string, Tensor>>& tensors) {
  std::int64_t bytes = 0;
  for (const auto& [name, tensor] : tensors) bytes += static_cast<std::int64_t>(tensor.bytes());
  return bytes;
}

}  // namespace

std::vector<LayerFacts> layer_facts(const Model& model, const std::vector<health::LayerActivity>& activity) {
  const auto named = health::named_activations(*model.network);
  std::vector<LayerFacts> facts;
  std::int64_t width = model.features;
  for (const auto& [name, module] : model.network->children()) {
    LayerFacts f{.name = name, .word = {}, .module = module};
    if (const nn::Linear* linear = module->as_linear()) f.multiply_adds = linear->weight.elements();
    width = module->features_out(width);
    f.word = facts.size() < model.layers.size() ? nn::to_string({model.layers[facts.size()]})
                                                : fmt::format("linear({})", model.outputs);
    f.width = width;
    f.parameters = module->parameter_count();
    f.bytes = bytes_of(module->state());
    f.output_bytes = width * static_cast<std::int64_t>(sizeof(float));
    for (const auto& [layer, activation] : named)
      for (const health::LayerActivity& one : activity)
        if (activation == module && one.layer == layer) f.activity = one;
    facts.push_back(std::move(f));
  }
  return facts;
}

std::vector<health::LayerActivity> unit_activity(const Model& model, const Trial& trial) {
  const health::UnitActivity activity(*model.network);
  outputs(*model.network, trial.dataset, trial.rows);
  return activity.layers();
}

}  // namespace relume::io
