// Public. RReLU, an activation.
#pragma once

#include "relume/activation/info.h"

namespace relume::activation {

/// Randomised leaky ReLU: x for x > 0, a x otherwise. In training a module draws a for each element from
/// [lower, upper]; here, as in evaluation, a is their mean.
/// Xu, Wang, Chen, Li, "Empirical Evaluation of Rectified Activations in Convolutional Network", 2015.
struct Rrelu {
  static constexpr Info info{.name = "rrelu",
                             .module = "RReLU",
                             .formula = "x > 0 ? x : x*(lower + upper)/2",
                             .reference = "Xu, Wang, Chen and Li 2015"};
  Param lower{"lower", 1.0 / 8};
  Param upper{"upper", 1.0 / 3};

  static constexpr bool random_slope = true;

  constexpr double mean() const { return (lower + upper) / 2; }

  template <class V>
  V forward(V x) const {
    return select(x > V(0), x, V(mean()) * x);
  }

  static constexpr auto saves = Saves::mask;
  template <class V>
  auto fires(V x) const {
    return x > V(0);
  }
  template <class Mask, class V>
  V backward(Mask on, V dy) const {
    return select(on, dy, V(mean()) * dy);
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::Callable<activation::Rrelu> rrelu{};
namespace nn {
using RReLU = ActivationOf<activation::Rrelu>;
}
}  // namespace relume
