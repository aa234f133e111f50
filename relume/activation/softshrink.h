// Public. Softshrink, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// Softshrink: x moved towards zero by λ, 0 where |x| ≤ λ.
struct Softshrink {
  static constexpr Info info{.name = "softshrink",
                             .module = "Softshrink",
                             .formula = "x > lambd ? x - lambd : x < -lambd ? x + lambd : 0",
                             .reference = "Donoho 1995",
                             .onnx = "Shrink(lambd=lambd,bias=lambd)"};
  Param lambd{"lambd", 0.5, {.min = 0}};

  template <class V>
  V forward(V x) const {
    return x - max(min(x, V(lambd)), -V(lambd));
  }

  static constexpr auto saves = Saves::mask;
  template <class V>
  auto fires(V x) const {
    return abs(x) > V(lambd);
  }
  template <class Mask, class V>
  V backward(Mask on, V dy) const {
    return select(on, dy, V(0));
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::Softshrink> softshrink{};
namespace nn {
using Softshrink = ActivationOf<activation::Softshrink>;
}
}  // namespace relume
