// Public. PReLU, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// PReLU: x for x > 0, a x otherwise, with a learned: one for all or one per channel, at first 0.25.
/// He, Zhang, Ren, Sun, "Delving Deep into Rectifiers", 2015.
struct Prelu {
  static constexpr Info info{.name = "prelu",
                             .module = "PReLU",
                             .formula = "x > 0 ? x : weight*x",
                             .reference = "He, Zhang, Ren and Sun 2015",
                             .onnx = "PRelu"};
  static constexpr double initial_slope = 0.25;

  template <class V>
  V forward(V x, V slope) const {
    return select(x > V(0), x, slope * x);
  }

  template <class V>
  V input_gradient(V x, V slope, V dy) const {
    return select(x > V(0), dy, slope * dy);
  }
  template <class V>
  V slope_gradient(V x, V dy) const {
    return select(x > V(0), V(0), x * dy);
  }
};

}  // namespace relume::activation
