// Public. CELU, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// CELU: max(0, x) + min(0, α(e^{x/α} − 1)). An ELU that is smooth at 0 for every α.
/// Barron, "Continuously Differentiable Exponential Linear Units", 2017.
struct Celu {
  static constexpr Info info{.name = "celu",
                             .module = "CELU",
                             .formula = "max(0, x) + min(0, alpha*(exp(x/alpha) - 1))",
                             .reference = "Barron 2017",
                             .onnx = "Celu@12(alpha=alpha)",
                             .max_ulp = 2};
  Param alpha{"alpha", 1, {.min = 0, .above_min = true}};

  template <class V>
  V forward(V x) const {
    return select(x > V(0), x, V(alpha) * expm1(x / V(alpha)));
  }

  // From the input, as elu.h says.
  static constexpr auto saves = Saves::input;
  template <class V>
  V derivative(V x) const {
    return select(x > V(0), V(1), exp(x / V(alpha)));
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::Celu> celu{};
namespace nn {
using CELU = ActivationOf<activation::Celu>;
}
}  // namespace relume
