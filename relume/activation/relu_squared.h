// Public. ReLUSquared, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// Squared ReLU: max(x, 0)².
/// So and others, "Primer: Searching for Efficient Transformers for Language Modeling", 2021.
struct ReluSquared {
  static constexpr Info info{.name = "relu_squared",
                             .module = "ReLUSquared",
                             .formula = "max(x, 0)^2",
                             .reference = "So et al. 2021",
                             .output = {.min = 0},
                             .max_ulp = 1};

  template <class V>
  V forward(V x) const {
    return max(x, V(0)) * max(x, V(0));
  }

  static constexpr auto saves = Saves::input;
  template <class V>
  V derivative(V x) const {
    return max(x, V(0)) * V(2);
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::ReluSquared> relu_squared{};
namespace nn {
using ReLUSquared = ActivationOf<activation::ReluSquared>;
}
}  // namespace relume
