// Public. Softsign, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// Softsign: x / (1 + |x|).
/// Turian, Bergstra, Bengio, "Quadratic Features and Deep Architectures for Chunking", 2009.
struct Softsign {
  static constexpr Info info{.name = "softsign",
                             .module = "Softsign",
                             .formula = "x/(1 + |x|)",
                             .reference = "Turian, Bergstra and Bengio 2009",
                             .output = {.min = -1, .max = 1},
                             .onnx = "Softsign",
                             .max_ulp = 2};

  template <class V>
  V forward(V x) const {
    const V bounded = max(min(x, V(1e30)), V(-1e30));
    return bounded / (abs(bounded) + V(1));
  }

  static constexpr auto saves = Saves::input;
  template <class V>
  V derivative(V x) const {
    return V(1) / ((abs(x) + V(1)) * (abs(x) + V(1)));
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::Softsign> softsign{};
namespace nn {
using Softsign = ActivationOf<activation::Softsign>;
}
}  // namespace relume
