#include "relume/nn/architecture.h"

#include <algorithm>
#include <array>

#include "relume/base/nearest.h"
#include "relume/base/require.h"
#include "relume/nn/layers.h"

namespace relume::nn {
namespace {

struct LayerWord {
  std::string_view name;
  std::shared_ptr<Module> (*make)(const LayerPlace& place);
  LayerSize (*size)(const LayerPlace& place);
};

LayerSize without_parameters(const LayerPlace& place) { return {0, place.features}; }

template <class Layer>
constexpr LayerWord word_of() {
  if constexpr (requires { &Layer::size_of_word; })
    return {Layer::word, &Layer::from_word, &Layer::size_of_word};
  else
    return {Layer::word, &Layer::from_word, &without_parameters};
}

template <class... Layers>
constexpr auto table_of(TypeList<Layers...>) {
  return std::array{word_of<Layers>()...};
}

constexpr auto words = table_of(LayersWithWords());

const LayerWord* find_word(std::string_view name) {
  const auto* found = std::find_if(words.begin(), words.end(), [name](const LayerWord& w) { return w.name == name; });
  return found != words.end() ? found : nullptr;
}

std::string text(const LayerSpec& layer) {
  return layer.arguments.empty() ? layer.name : layer.name + "(" + layer.arguments + ")";
}

void require_known(const std::string& name) {
  std::vector<std::string_view> known = activation_names();
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  std::string others;
  for (const LayerWord& word : words)
    if (std::find(known.begin(), known.end(), word.name) == known.end())
      known.push_back(word.name), others += fmt::format("{}, ", word.name);
  others.replace(others.size() - 2, 2, " and");
  fail("layers: \"{}\" is not a layer{}; layers are {} the activations", name, did_you_mean(name, known), others);
}

/// The layer of an activation.
std::shared_ptr<Module> activation_layer(const LayerSpec& layer) {
  require_known(layer.name);
  const Activation activation(text(layer));
  const activation::Kind kind = activation.entry().kind;
  require(kind != activation::Kind::rows,
          "layers: \"{}\" is not a hidden layer; the output layer is added from the task", layer.name);
  if (kind == activation::Kind::elementwise) return std::make_shared<Activate>(activation);
  return std::make_shared<ActivateAlong>(activation);
}

}  // namespace

Activation LayerPlace::next_activation() const {
  for (std::size_t i = place + 1; i < layers.size() && layers[i].name != Linear::word; ++i) {
    if (layers[i].name == PReLU::word)
      return Activation("leaky_relu(" + std::to_string(LayerPlace{layers, i, features, rng}.number(0.25)) + ")");
    const activation::Entry* entry = activation::find(layers[i].name);
    if (entry && !entry->wraps.empty()) return Activation(entry->wraps);
    if (entry) return Activation(text(layers[i]));
  }
  return Activation("identity");
}

std::string to_string(const std::vector<LayerSpec>& layers) {
  std::string result;
  for (const LayerSpec& layer : layers) result += (result.empty() ? "" : " ") + text(layer);
  return result;
}

std::vector<LayerSpec> mlp(const std::vector<std::int64_t>& hidden, std::string_view activation) {
  std::vector<LayerSpec> layers;
  for (const std::int64_t units : hidden) {
    layers.push_back({"linear", std::to_string(units)});
    for (LayerSpec& layer : parse_architecture(activation)) layers.push_back(std::move(layer));
  }
  return layers;
}

std::shared_ptr<Sequential> build(const std::vector<LayerSpec>& layers, std::int64_t features, std::int64_t outputs,
                                  Rng& rng) {
  auto network = std::make_shared<Sequential>();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LayerWord* word = find_word(layers[i].name);
    auto layer = word ? word->make({layers, i, features, rng}) : activation_layer(layers[i]);
    features = layer->features_out(features);
    network->push_back(std::move(layer));
  }
  network->push_back(Linear::fitting(features, outputs, Activation("identity"), rng));
  return network;
}

Extent extent(const std::vector<LayerSpec>& layers, std::int64_t features, std::int64_t outputs) {
  constexpr std::int64_t most_values = std::int64_t{1} << 60;
  Extent extent{0, features};
  const auto add = [&](const LayerSize& size) {
    require(static_cast<double>(size.features) <= largest_count, "layers: {} values a row are more than {}",
            size.features, largest_count);
    extent.values = std::min(extent.values + size.values, most_values);
    extent.widest = std::max(extent.widest, size.features);
    features = size.features;
  };
  Rng rng(0);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const activation::Entry* entry = activation::find(layers[i].name);
    if (const LayerWord* word = find_word(layers[i].name))
      add(word->size({layers, i, features, rng}));
    else if (entry)
      add({0, entry->features_out(features)});
  }
  add({(features + 1) * outputs, outputs});
  return extent;
}

}  // namespace relume::nn
