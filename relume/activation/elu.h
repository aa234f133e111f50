// Public. ELU, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// ELU: x for x > 0, α(eˣ − 1) otherwise. Smooth at 0 for α = 1; pushes mean activations towards zero.
/// Clevert, Unterthiner, Hochreiter, "Fast and Accurate Deep Network Learning by Exponential Linear Units", 2016.
struct Elu {
  static constexpr Info info{.name = "elu",
                             .module = "ELU",
                             .formula = "x > 0 ? x : alpha*(exp(x) - 1)",
                             .reference = "Clevert, Unterthiner and Hochreiter 2016",
                             .onnx = "Elu(alpha=alpha)",
                             .max_ulp = 2};
  Param alpha{"alpha", 1, {.min = 0}};

  template <class V>
  V forward(V x) const {
    return select(x > V(0), x, V(alpha) * expm1(x));
  }

  // From the input: y + α is α eˣ too, but where y has come near −α its last bit is all that is left of the derivative.
  // float32 would give 0 from −17.3 on, bfloat16 a hundredth too much at −4.
  static constexpr auto saves = Saves::input;
  template <class V>
  V derivative(V x) const {
    return select(x > V(0), V(1), V(alpha) * exp(x));
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::Elu> elu{};
namespace nn {
using ELU = ActivationOf<activation::Elu>;
}
}  // namespace relume
