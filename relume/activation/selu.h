// Public. SELU, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// SELU: an ELU whose constants keep mean 0 and variance 1 from layer to layer.
/// Klambauer, Unterthiner, Mayr, Hochreiter, "Self-Normalizing Neural Networks", 2017.
struct Selu {
  static constexpr Info info{
      .name = "selu",
      .module = "SELU",
      .formula = "scale*(x > 0 ? x : alpha*(exp(x) - 1)), scale 1.0507009873554805, alpha 1.6732632423543772",
      .reference = "Klambauer, Unterthiner, Mayr and Hochreiter 2017",
      .onnx = "Selu",
      .max_ulp = 2};

  static constexpr double scale = 1.0507009873554804934193349852946;
  static constexpr double alpha = 1.6732632423543772848170429916717;

  template <class V>
  V forward(V x) const {
    return select(x > V(0), V(scale) * x, V(scale * alpha) * expm1(x));
  }

  // From the input, as elu.h says.
  static constexpr auto saves = Saves::input;
  template <class V>
  V derivative(V x) const {
    return select(x > V(0), V(scale), V(scale * alpha) * exp(x));
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::Selu> selu{};
namespace nn {
using SELU = ActivationOf<activation::Selu>;
}
}  // namespace relume
