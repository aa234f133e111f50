// Public. Softplus, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// Softplus: log(1 + e^{βx}) / β, a smooth ReLU; x itself where βx exceeds the threshold.
/// Dugas, Bengio, Bélisle, Nadeau, Garcia, "Incorporating Second-Order Functional Knowledge for Better Option Pricing",
/// 2001.
struct Softplus {
  static constexpr Info info{.name = "softplus",
                             .module = "Softplus",
                             .formula = "beta*x > threshold ? x : log(1 + exp(beta*x))/beta",
                             .reference = "Dugas, Bengio, Belisle, Nadeau and Garcia 2001",
                             .output = {.min = 0},
                             .onnx = "Softplus",
                             .max_ulp = 2};
  Param beta{"beta", 1, {.min = 0, .above_min = true}};
  Param threshold{"threshold", 20};

  template <class V>
  V forward(V x) const {
    const V scaled = V(beta) * x;
    return select(scaled > V(threshold), x, (max(scaled, V(0)) + log1p(exp(-abs(scaled)))) / V(beta));
  }

  static constexpr auto saves = Saves::input;
  template <class V>
  V derivative(V x) const {
    const V scaled = V(beta) * x;
    return select(scaled > V(threshold), V(1), sigmoid(scaled));
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::Softplus> softplus{};
namespace nn {
using Softplus = ActivationOf<activation::Softplus>;
}
}  // namespace relume
