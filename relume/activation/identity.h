// Public. Identity, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// Identity: x. The contrast to every other activation: layers joined by it are one linear layer.
struct Identity {
  static constexpr Info info{
      .name = "identity", .module = "Identity", .formula = "x", .reference = "", .onnx = "Identity"};

  static constexpr bool integers = true;
  template <class V>
  V forward(V x) const {
    return x;
  }

  static constexpr auto saves = Saves::nothing;
  template <class V>
  V derivative(V) const {
    return V(1);
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::Identity> identity{};
namespace nn {
using Identity = ActivationOf<activation::Identity>;
}
}  // namespace relume
