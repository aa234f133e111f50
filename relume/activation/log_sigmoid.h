// Public. LogSigmoid, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// Log-sigmoid: log(1 / (1 + e⁻ˣ)) = min(x, 0) − log(1 + e^{−|x|}).
struct LogSigmoid {
  static constexpr Info info{.name = "log_sigmoid",
                             .module = "LogSigmoid",
                             .formula = "log(1/(1 + exp(-x)))",
                             .reference = "",
                             .output = {.max = 0},
                             .max_ulp = 2};

  template <class V>
  V forward(V x) const {
    return min(x, V(0)) - log1p(exp(-abs(x)));
  }

  // σ(−x)
  static constexpr auto saves = Saves::input;
  template <class V>
  V derivative(V x) const {
    return sigmoid(-x);
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::LogSigmoid> log_sigmoid{};
namespace nn {
using LogSigmoid = ActivationOf<activation::LogSigmoid>;
}
}  // namespace relume
