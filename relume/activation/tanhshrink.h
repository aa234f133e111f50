// Public. Tanhshrink, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// Tanhshrink: x − tanh(x).
struct Tanhshrink {
  static constexpr Info info{
      .name = "tanhshrink", .module = "Tanhshrink", .formula = "x - tanh(x)", .reference = "", .max_ulp = 2};

  template <class V>
  V forward(V x) const {
    return wide(x, [](auto v) {
      // Near zero the difference cancels; its power series does not.
      constexpr double series[] = {1.0 / 3,
                                   -2.0 / 15,
                                   17.0 / 315,
                                   -62.0 / 2835,
                                   1382.0 / 155925,
                                   -21844.0 / 6081075,
                                   929569.0 / 638512875,
                                   -6404582.0 / 10854718875,
                                   443861162.0 / 1856156927625,
                                   -18888466084.0 / 194896477400625,
                                   113927491862.0 / 2900518163668125,
                                   -58870668456604.0 / 3698160658676859375.0};
      const auto square = v * v;
      auto sum = square * 0 + series[11];
      for (int i = 10; i >= 0; --i) sum = sum * square + series[i];
      return select(abs(v) < 0.35, v * square * sum, v - tanh(v));
    });
  }

  static constexpr auto saves = Saves::input;
  template <class V>
  V derivative(V x) const {
    const V t = tanh(x);
    return t * t;
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::Tanhshrink> tanhshrink{};
namespace nn {
using Tanhshrink = ActivationOf<activation::Tanhshrink>;
}
}  // namespace relume
