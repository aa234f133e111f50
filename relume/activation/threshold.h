// Public. Threshold, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// Threshold: x where x > threshold, value otherwise.
struct Threshold {
  static constexpr Info info{.name = "threshold",
                             .module = "Threshold",
                             .formula = "x > threshold ? x : value",
                             .reference = "PyTorch, torch.nn.Threshold"};
  Param threshold{"threshold", 0};
  Param value{"value", 0};

  template <class V>
  V forward(V x) const {
    return select(x <= V(threshold), V(value), x);
  }

  static constexpr bool integers = true;
  static constexpr auto saves = Saves::mask;
  template <class V>
  auto fires(V x) const {
    return x > V(threshold);
  }
  template <class Mask, class V>
  V backward(Mask on, V dy) const {
    return select(on, dy, V(0));
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::Threshold> threshold{};
namespace nn {
using Threshold = ActivationOf<activation::Threshold>;
}
}  // namespace relume
