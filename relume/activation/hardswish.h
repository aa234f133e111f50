// Public. Hardswish, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// Hardswish: x min(max(x + 3, 0), 6) / 6, a swish without exponentials.
/// Howard and others, "Searching for MobileNetV3", 2019.
struct Hardswish {
  static constexpr Info info{.name = "hardswish",
                             .module = "Hardswish",
                             .formula = "x*min(max(x + 3, 0), 6)/6",
                             .reference = "Howard et al. 2019",
                             .output = {.min = -0.375},
                             .onnx = "HardSwish@14",
                             .max_ulp = 2};

  template <class V>
  V forward(V x) const {
    return max(x, V(-3)) * (min(max(x + V(3), V(0)), V(6)) / V(6));
  }

  static constexpr auto saves = Saves::input;
  template <class V>
  V derivative(V x) const {
    return select(x <= V(-3), V(0), select(x < V(3), x / V(3) + V(0.5), V(1)));
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::Hardswish> hardswish{};
namespace nn {
using Hardswish = ActivationOf<activation::Hardswish>;
}
}  // namespace relume
