// Public. What a word of an architecture, "dropout(0.1)", is to the layer that it names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "relume/activation/activation.h"
#include "relume/base/rng.h"

namespace relume::nn {

/// The most units of a layer, and values of a row.
inline constexpr double largest_count = 1 << 24;

/// One word of an architecture: its name and its arguments.
struct LayerSpec {
  std::string name;
  std::string arguments;  ///< what stood in the brackets
};

/// A word where it stands: what its layer is made from.
struct LayerPlace {
  const std::vector<LayerSpec>& layers;
  std::size_t place;
  std::int64_t features;  ///< how many values a row has that comes here
  Rng& rng;

  const LayerSpec& spec() const { return layers[place]; }
  /// The number in the brackets, or `otherwise` where there is none. Throws ValueError for anything else.
  double number(double otherwise) const;
  /// The whole number in the brackets, from 1 on. Throws ValueError that says of what: "units".
  std::int64_t count(const char* of) const;
  /// The activation that follows before the next linear layer; the identity where there is none.
  Activation next_activation() const;
};

/// What a word's layer is, told without making it.
struct LayerSize {
  std::int64_t values = 0;    ///< in parameters and buffers
  std::int64_t features = 0;  ///< how many values a row has behind it
};

}  // namespace relume::nn
