// Public. Mish, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// Mish: x tanh(log(1 + eˣ)). With e = eˣ the tanh is e (e + 2) / (e (e + 2) + 2).
/// Misra, "Mish: A Self Regularized Non-Monotonic Activation Function", 2019.
struct Mish {
  static constexpr Info info{.name = "mish",
                             .module = "Mish",
                             .formula = "x*tanh(log(1 + exp(x)))",
                             .reference = "Misra 2019",
                             .output = {.min = -0.31},
                             .onnx = "Mish@18",
                             .max_ulp = 4};

  template <class V>
  V forward(V x) const {
    // Above 20 the tanh rounds to 1.
    const V bounded = max(min(x, V(20)), V(-1000));
    const V e = exp(bounded);
    return select(x > V(20), x, exp_times(bounded, bounded * (e + V(2)) / (e * (e + V(2)) + V(2))));
  }

  static constexpr auto saves = Saves::input;
  template <class V>
  V derivative(V x) const {
    const V bounded = max(min(x, V(20)), V(-1000));
    const V e = exp(bounded);
    const V n = e * (e + V(2));
    const V t = n / (n + V(2));
    return t + bounded * (V(1) - t * t) * sigmoid(bounded);
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::Mish> mish{};
namespace nn {
using Mish = ActivationOf<activation::Mish>;
}
}  // namespace relume
