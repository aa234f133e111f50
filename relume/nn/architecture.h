// Public. A network as text: "linear(64) relu dropout(0.1) linear(32) relu".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "relume/base/rng.h"
#include "relume/nn/layer_word.h"
#include "relume/nn/sequential.h"

namespace relume::nn {

/// Reads the text. Throws ValueError that quotes the word that is wrong.
std::vector<LayerSpec> parse_architecture(std::string_view text);
std::string to_string(const std::vector<LayerSpec>& layers);

/// Hidden layers of these widths with an activation after each.
std::vector<LayerSpec> mlp(const std::vector<std::int64_t>& hidden, std::string_view activation);

/// Builds the layers for inputs of `features` values, and after them linear(outputs). Layers are linear(n), flatten,
/// dropout(p), batchnorm(epsilon), layernorm(epsilon), prelu, prelu(initial) (the words of nn/layers.h) and every
/// activation but softmax; glu and its like halve the features, crelu doubles them. Each linear layer's weights are
/// drawn to fit the activation after it (nn/init.h), biases are 0. Throws ValueError for an unknown layer, naming the
/// nearest.
std::shared_ptr<Sequential> build(const std::vector<LayerSpec>& layers, std::int64_t features, std::int64_t outputs,
                                  Rng& rng);

/// What build() would make, told without making it.
struct Extent {
  std::int64_t values = 0;  ///< in parameters and buffers
  std::int64_t widest = 0;  ///< the most features that a layer takes or gives
};
/// Throws ValueError as build() does for widths, and where a row would be wider than 2^24 values.
Extent extent(const std::vector<LayerSpec>& layers, std::int64_t features, std::int64_t outputs);

}  // namespace relume::nn
