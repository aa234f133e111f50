// Public. ThresholdedReLU, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// Thresholded ReLU: x where x > θ, 0 otherwise.
/// Konda, Memisevic, Krueger, "Zero-bias Autoencoders and the Benefits of Co-adapting Features", 2014.
struct ThresholdedRelu {
  static constexpr Info info{.name = "thresholded_relu",
                             .module = "ThresholdedReLU",
                             .formula = "x > theta ? x : 0",
                             .reference = "Konda, Memisevic and Krueger 2014",
                             .onnx = "ThresholdedRelu@10(alpha=theta)"};
  Param theta{"theta", 1};

  template <class V>
  V forward(V x) const {
    return select(x <= V(theta), V(0), x);
  }

  static constexpr bool integers = true;
  static constexpr auto saves = Saves::mask;
  template <class V>
  auto fires(V x) const {
    return x > V(theta);
  }
  template <class Mask, class V>
  V backward(Mask on, V dy) const {
    return select(on, dy, V(0));
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::ThresholdedRelu> thresholded_relu{};
namespace nn {
using ThresholdedReLU = ActivationOf<activation::ThresholdedRelu>;
}
}  // namespace relume
