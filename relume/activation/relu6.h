// Public. ReLU6, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// ReLU6: min(max(x, 0), 6). A bounded range keeps its precision in low-bit arithmetic.
/// Krizhevsky, "Convolutional Deep Belief Networks on CIFAR-10", 2010.
struct Relu6 {
  static constexpr Info info{.name = "relu6",
                             .module = "ReLU6",
                             .formula = "min(max(x, 0), 6)",
                             .reference = "Krizhevsky 2010",
                             .output = {.min = 0, .max = 6},
                             .onnx = "Clip(min=0,max=6)"};

  template <class V>
  V forward(V x) const {
    return min(max(x, V(0)), V(6));
  }

  static constexpr bool integers = true;
  static constexpr auto saves = Saves::mask;
  template <class V>
  auto fires(V x) const {
    return x > V(0) && x < V(6);
  }
  template <class Mask, class V>
  V backward(Mask on, V dy) const {
    return select(on, dy, V(0));
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::Relu6> relu6{};
namespace nn {
using ReLU6 = ActivationOf<activation::Relu6>;
}
}  // namespace relume
