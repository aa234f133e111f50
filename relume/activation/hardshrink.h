// Public. Hardshrink, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// Hardshrink: x where |x| > λ, 0 otherwise.
struct Hardshrink {
  static constexpr Info info{.name = "hardshrink",
                             .module = "Hardshrink",
                             .formula = "|x| > lambd ? x : 0",
                             .reference = "Donoho and Johnstone 1994",
                             .onnx = "Shrink(lambd=lambd,bias=0)"};
  Param lambd{"lambd", 0.5, {.min = 0}};

  template <class V>
  V forward(V x) const {
    return select(abs(x) <= V(lambd), V(0), x);
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
inline constexpr activation::Callable<activation::Hardshrink> hardshrink{};
namespace nn {
using Hardshrink = ActivationOf<activation::Hardshrink>;
}
}  // namespace relume
