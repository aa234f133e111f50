// Public. Sigmoid, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// Sigmoid: 1 / (1 + e⁻ˣ). Its derivative is at most ¼: deep stacks of it lose their gradient.
struct Sigmoid {
  static constexpr Info info{.name = "sigmoid",
                             .module = "Sigmoid",
                             .formula = "1/(1 + exp(-x))",
                             .reference = "Verhulst 1845",
                             .output = {.min = 0, .max = 1},
                             .onnx = "Sigmoid",
                             .max_ulp = 2};

  template <class V>
  V forward(V x) const {
    return sigmoid(x);
  }

  static constexpr auto saves = Saves::output;
  template <class V>
  V derivative(V y) const {
    return y * (V(1) - y);
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::Sigmoid> sigmoid{};
namespace nn {
using Sigmoid = ActivationOf<activation::Sigmoid>;
}
}  // namespace relume
