// Public. GeneralReLU, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// ReLU as Keras generalises it: 0 up to the threshold becomes negative_slope (x − threshold), and nothing exceeds
/// max_value.
struct GeneralRelu {
  static constexpr Info info{
      .name = "general_relu",
      .module = "GeneralReLU",
      .formula = "x >= max_value ? max_value : x >= threshold ? x : negative_slope*(x - threshold)",
      .reference = "Keras, keras.layers.ReLU",
      .max_ulp = 2};
  Param negative_slope{"negative_slope", 0};
  Param max_value{"max_value", infinity, {.min = 0}};
  Param threshold{"threshold", 0, {.min = 0}};

  template <class V>
  V forward(V x) const {
    // A slope of zero is no factor: 0 · −∞ would be NaN, and 0 · −1 is −0.
    const V below = negative_slope == 0 ? V(0) : V(negative_slope) * (x - V(threshold));
    // Adding zero turns −0 into +0.
    return min(select(x < V(threshold), below, x) + V(0), V(max_value));
  }

  static constexpr auto saves = Saves::input;
  template <class V>
  V derivative(V x) const {
    return select(x < V(threshold), V(negative_slope), select(x >= V(max_value), V(0), V(1)));
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::GeneralRelu> general_relu{};
namespace nn {
using GeneralReLU = ActivationOf<activation::GeneralRelu>;
}
}  // namespace relume
