// Public. Hardtanh, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// Hardtanh: x held in [min_val, max_val].
/// Collobert, "Large Scale Machine Learning", 2004.
struct Hardtanh {
  static constexpr Info info{.name = "hardtanh",
                             .module = "Hardtanh",
                             .formula = "min(max(x, min_val), max_val)",
                             .reference = "Collobert 2004",
                             .output = {},
                             .onnx = "Clip(min=min_val,max=max_val)"};
  Param min_val{"min_val", -1};
  Param max_val{"max_val", 1};

  template <class V>
  V forward(V x) const {
    return min(max(x, V(min_val)), V(max_val));
  }

  static constexpr auto saves = Saves::mask;
  template <class V>
  auto fires(V x) const {
    return x > V(min_val) && x < V(max_val);
  }
  template <class Mask, class V>
  V backward(Mask on, V dy) const {
    return select(on, dy, V(0));
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::Hardtanh> hardtanh{};
namespace nn {
using Hardtanh = ActivationOf<activation::Hardtanh>;
}
}  // namespace relume
