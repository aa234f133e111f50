// Public. GELU, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// GELU: x Φ(x), the input times the share of the normal distribution below it.
/// Hendrycks, Gimpel, "Gaussian Error Linear Units", 2016.
struct Gelu {
  static constexpr Info info{.name = "gelu",
                             .module = "GELU",
                             .formula = "x*Phi(x)",
                             .reference = "Hendrycks and Gimpel 2016",
                             .output = {.min = -0.17},
                             .onnx = "Gelu@20",
                             .max_ulp = 4};

  template <class V>
  V forward(V x) const {
    const V bounded = max(x, V(-100));
    return normal_cdf_times(bounded, bounded);
  }

  // Φ(x) + x φ(x)
  static constexpr auto saves = Saves::input;
  template <class V>
  V derivative(V x) const {
    const V bounded = max(min(x, V(100)), V(-100));
    return normal_cdf(bounded) + bounded * exp(bounded * bounded * V(-0.5)) * V(0.3989422804014326779);
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::Gelu> gelu{};
namespace nn {
using GELU = ActivationOf<activation::Gelu>;
}
}  // namespace relume
