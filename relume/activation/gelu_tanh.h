// Public. GELUTanh, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// GELU by its tanh form: x/2 (1 + tanh(√(2/π)(x + 0.044715 x³))), which is x σ(2 √(2/π)(x + 0.044715 x³)).
/// Hendrycks, Gimpel, "Gaussian Error Linear Units", 2016. PyTorch's GELU(approximate='tanh').
struct GeluTanh {
  static constexpr Info info{.name = "gelu_tanh",
                             .module = "GELUTanh",
                             .formula = "x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x^3)))",
                             .reference = "Hendrycks and Gimpel 2016",
                             .output = {.min = -0.18},
                             .onnx = "Gelu@20(approximate=tanh)",
                             .max_ulp = 4};

  static constexpr double slope = 1.5957691216057307117;  // 2 √(2/π)
  static constexpr double cubic = 0.044715;

  template <class V>
  V forward(V x) const {
    const V bounded = max(x, V(-100));
    return sigmoid_of_cubic_times(min(bounded, V(100)), slope, slope * cubic, bounded);
  }

  static constexpr auto saves = Saves::input;
  template <class V>
  V derivative(V x) const {
    const V bounded = max(min(x, V(100)), V(-100));
    const V square = bounded * bounded * V(cubic);
    const V s = sigmoid(bounded * V(slope) * (square + V(1)));
    return s + bounded * s * (V(1) - s) * V(slope) * (square * V(3) + V(1));
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::GeluTanh> gelu_tanh{};
namespace nn {
using GELUTanh = ActivationOf<activation::GeluTanh>;
}
}  // namespace relume
