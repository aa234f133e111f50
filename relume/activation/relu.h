// Public. ReLU, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// ReLU: max(x, 0), in the sense of IEEE 754-2019's maximum: NaN stays, −0.0 becomes +0.0.
/// Nair, Hinton, "Rectified Linear Units Improve Restricted Boltzmann Machines", 2010.
struct Relu {
  static constexpr Info info{.name = "relu",
                             .module = "ReLU",
                             .formula = "max(x, 0)",
                             .reference = "Nair and Hinton 2010",
                             .output = {.min = 0},
                             .onnx = "Relu"};

  template <class V>
  V forward(V x) const {
    return max(x, V(0));
  }

  static constexpr bool integers = true;
  static constexpr auto saves = Saves::mask;
  template <class V>
  auto fires(V x) const {
    return x > V(0);
  }
  template <class Mask, class V>
  V backward(Mask on, V dy) const {
    return select(on, dy, V(0));
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::Relu> relu{};
namespace nn {
using ReLU = ActivationOf<activation::Relu>;
}
}  // namespace relume
