#include "relume/nn/architecture.h"

#include <algorithm>
#include <charconv>

#include "relume/base/nearest.h"
#include "relume/base/require.h"
#include "relume/nn/activations.h"
#include "relume/nn/dropout.h"
#include "relume/nn/init.h"
#include "relume/nn/linear.h"
#include "relume/nn/normalization.h"

namespace relume::nn {
namespace {

constexpr double largest_width = 1 << 24;

/// The number that a layer is given, or `otherwise` where it is given none.
double argument(const LayerSpec& layer, double otherwise) {
  if (layer.arguments.empty()) return otherwise;
  double value = 0;
  const char* end = layer.arguments.data() + layer.arguments.size();
  const auto [stop, error] = std::from_chars(layer.arguments.data(), end, value);
  require(error == std::errc() && stop == end, "layers: \"{}({})\" takes a number", layer.name, layer.arguments);
  return value;
}

std::int64_t width(const LayerSpec& layer) {
  const double value = argument(layer, 0);
  require(value >= 1 && value <= largest_width && value == static_cast<double>(static_cast<std::int64_t>(value)),
          "layers: linear({}) needs a whole number of units from 1 to {}", layer.arguments, largest_width);
  return static_cast<std::int64_t>(value);
}

std::string text(const LayerSpec& layer) {
  return layer.arguments.empty() ? layer.name : layer.name + "(" + layer.arguments + ")";
}

/// The activation that follows linear layer `i`; the identity where there is none.
Activation activation_after(const std::vector<LayerSpec>& layers, std::size_t i) {
  for (++i; i < layers.size() && layers[i].name != "linear"; ++i) {
    if (layers[i].name == "prelu") return Activation("leaky_relu(" + std::to_string(argument(layers[i], 0.25)) + ")");
    const activation::Entry* entry = activation::find(layers[i].name);
    if (entry && !entry->wraps.empty()) return Activation(entry->wraps);
    if (entry) return Activation(text(layers[i]));
  }
  return Activation("identity");
}

void require_known(const std::string& name) {
  std::vector<std::string_view> known = activation_names();
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  known.insert(known.end(), {"linear", "dropout", "flatten", "batchnorm", "layernorm"});
  fail("layers: \"{}\" is not a layer{}; layers are linear, dropout, flatten, batchnorm, layernorm and the activations",
       name, did_you_mean(name, known));
}

std::shared_ptr<Linear> initialised(std::int64_t in, std::int64_t out, const Activation& after, Rng& rng) {
  auto layer = std::make_shared<Linear>(in, out);
  init::apply(init::scheme_for(after), layer->weight, init::gain(after), rng);
  layer->bias.detach().zero_();
  return layer;
}

}  // namespace

std::vector<LayerSpec> parse_architecture(std::string_view text) {
  std::vector<LayerSpec> layers;
  std::size_t at = 0;
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n'; };
  while (true) {
    while (at < text.size() && blank(text[at])) ++at;
    if (at == text.size()) break;
    const std::size_t begin = at;
    while (at < text.size() && !blank(text[at]) && text[at] != '(') ++at;
    LayerSpec layer{std::string(text.substr(begin, at - begin)), {}};
    if (at < text.size() && text[at] == '(') {
      const std::size_t close = text.find(')', at);
      require(close != std::string_view::npos, "layers: \"{}\" has no closing bracket", text.substr(begin));
      for (const char c : text.substr(at + 1, close - at - 1))
        if (!blank(c)) layer.arguments += c;
      at = close + 1;
    }
    require(!layer.name.empty(), "layers: \"{}\" has no name before its bracket", text.substr(begin, at - begin));
    layers.push_back(std::move(layer));
  }
  return layers;
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
    const LayerSpec& layer = layers[i];
    if (layer.name == "linear") {
      network->push_back(initialised(features, width(layer), activation_after(layers, i), rng));
      features = width(layer);
    } else if (layer.name == "flatten") {
      network->push_back(std::make_shared<Flatten>());
    } else if (layer.name == "batchnorm") {
      network->push_back(std::make_shared<BatchNorm1d>(features, BatchNormOptions{.epsilon = argument(layer, 1e-5)}));
    } else if (layer.name == "layernorm") {
      network->push_back(std::make_shared<LayerNorm>(features, LayerNormOptions{.epsilon = argument(layer, 1e-5)}));
    } else if (layer.name == "dropout") {
      network->push_back(std::make_shared<Dropout>(argument(layer, 0.5)));
    } else if (layer.name == "prelu") {
      network->push_back(std::make_shared<PReLU>(1, argument(layer, 0.25)));
    } else {
      require_known(layer.name);
      const Activation activation(text(layer));
      const activation::Kind kind = activation.entry().kind;
      require(kind != activation::Kind::rows,
              "layers: \"{}\" is not a hidden layer; the output layer is added from the task", layer.name);
      features = activation.entry().features_out(features);
      if (kind == activation::Kind::elementwise)
        network->push_back(std::make_shared<Activate>(activation));
      else
        network->push_back(std::make_shared<ActivateAlong>(activation));
    }
  }
  network->push_back(initialised(features, outputs, Activation("identity"), rng));
  return network;
}

Extent extent(const std::vector<LayerSpec>& layers, std::int64_t features, std::int64_t outputs) {
  constexpr std::int64_t most_values = std::int64_t{1} << 60;
  Extent extent{0, features};
  const auto add = [&](std::int64_t values, std::int64_t features_out) {
    require(static_cast<double>(features_out) <= largest_width, "layers: {} values a row are more than {}",
            features_out, largest_width);
    extent.values = std::min(extent.values + values, most_values);
    extent.widest = std::max(extent.widest, features_out);
    features = features_out;
  };
  for (const LayerSpec& layer : layers) {
    const activation::Entry* entry = activation::find(layer.name);
    if (layer.name == "linear")
      add((features + 1) * width(layer), width(layer));
    else if (layer.name == "batchnorm")
      add(4 * features + 1, features);  // weight, bias, both running averages, and their number
    else if (layer.name == "layernorm")
      add(2 * features, features);
    else if (layer.name == "prelu")
      add(1, features);
    else if (entry)
      add(0, entry->features_out(features));
  }
  add((features + 1) * outputs, outputs);
  return extent;
}

}  // namespace relume::nn
