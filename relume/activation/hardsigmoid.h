// Public. Hardsigmoid, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// Hardsigmoid: min(max(x + 3, 0), 6) / 6.
/// Howard and others, "Searching for MobileNetV3", 2019.
struct Hardsigmoid {
  static constexpr Info info{.name = "hardsigmoid",
                             .module = "Hardsigmoid",
                             .formula = "min(max(x + 3, 0), 6)/6",
                             .reference = "Howard et al. 2019",
                             .output = {.min = 0, .max = 1},
                             .onnx = "HardSigmoid(alpha=0.16666666666666666,beta=0.5)",
                             .max_ulp = 2};

  template <class V>
  V forward(V x) const {
    return min(max(x + V(3), V(0)), V(6)) / V(6);
  }

  static constexpr auto saves = Saves::mask;
  template <class V>
  auto fires(V x) const {
    return x > V(-3) && x < V(3);
  }
  template <class Mask, class V>
  V backward(Mask on, V dy) const {
    return select(on, dy / V(6), V(0));
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::Hardsigmoid> hardsigmoid{};
namespace nn {
using Hardsigmoid = ActivationOf<activation::Hardsigmoid>;
}
}  // namespace relume
