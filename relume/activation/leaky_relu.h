// Public. LeakyReLU, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// Leaky ReLU: x for x > 0, a x otherwise. A unit that is off still has a gradient and cannot die.
/// Maas, Hannun, Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models", 2013.
struct LeakyRelu {
  static constexpr Info info{.name = "leaky_relu",
                             .module = "LeakyReLU",
                             .formula = "x > 0 ? x : negative_slope*x",
                             .reference = "Maas, Hannun and Ng 2013",
                             .onnx = "LeakyRelu(alpha=negative_slope)"};
  Param negative_slope{"negative_slope", 0.01};

  template <class V>
  V forward(V x) const {
    return select(x > V(0), x, V(negative_slope) * x);
  }

  static constexpr auto saves = Saves::mask;
  template <class V>
  auto fires(V x) const {
    return x > V(0);
  }
  template <class Mask, class V>
  V backward(Mask on, V dy) const {
    return select(on, dy, V(negative_slope) * dy);
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::LeakyRelu> leaky_relu{};
namespace nn {
using LeakyReLU = ActivationOf<activation::LeakyRelu>;
}
}  // namespace relume
