// Public. SiLU, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// SiLU, also called swish: x σ(x).
/// Elfwing, Uchibe, Doya, "Sigmoid-Weighted Linear Units", 2017; Ramachandran, Zoph, Le, "Searching for Activation
/// Functions", 2017.
struct Silu {
  static constexpr Info info{.name = "silu",
                             .module = "SiLU",
                             .formula = "x/(1 + exp(-x))",
                             .reference = "Elfwing, Uchibe and Doya 2017",
                             .output = {.min = -0.28},
                             .max_ulp = 2};

  template <class V>
  V forward(V x) const {
    const V bounded = max(x, V(-1000));
    return sigmoid_times(bounded, bounded);
  }

  // σ(x) (1 + x (1 − σ(x)))
  static constexpr auto saves = Saves::input;
  template <class V>
  V derivative(V x) const {
    const V bounded = max(min(x, V(1000)), V(-1000));
    const V s = sigmoid(bounded);
    return s * (bounded * (V(1) - s) + V(1));
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::Silu> silu{};
namespace nn {
using SiLU = ActivationOf<activation::Silu>;
}
}  // namespace relume
