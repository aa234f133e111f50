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
                             .onnx = "Elu",
                             .max_ulp = 2};
  Param alpha{"alpha", 1, {.min = 0}};

  template <class V>
  V forward(V x) const {
    return select(x > V(0), x, V(alpha) * expm1(x));
  }

  // α eˣ = y + α: the output alone is enough, the input is not kept.
  static constexpr auto saves = Saves::output;
  template <class V>
  V derivative(V y) const {
    return select(y > V(0), V(1), y + V(alpha));
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Function<activation::Elu> elu{};
namespace nn {
using ELU = ActivationOf<activation::Elu>;
}
}  // namespace relume
