// Public. Tanh, an activation.
#pragma once

#include <concepts>
#include <utility>

#include "relume/activation/info.h"

namespace relume::activation {

/// Hyperbolic tangent: a sigmoid around zero.
struct Tanh {
  static constexpr Info info{.name = "tanh",
                             .module = "Tanh",
                             .formula = "tanh(x)",
                             .reference = "LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998",
                             .output = {.min = -1, .max = 1},
                             .onnx = "Tanh",
                             .max_ulp = 2};

  template <class V>
  V forward(V x) const {
    return tanh(x);
  }

  static constexpr auto saves = Saves::output;
  template <class V>
  V derivative(V y) const {
    return V(1) - y * y;
  }
};

}  // namespace relume::activation

namespace relume {
/// A function, unlike its kin, so that it overloads the C library's ::tanh where a program uses this namespace.
template <class... Arguments>
requires std::invocable<activation::Callable<activation::Tanh>, Arguments...>
decltype(auto) tanh(Arguments&&... arguments) {
  return activation::Callable<activation::Tanh>{}(std::forward<Arguments>(arguments)...);
}
namespace nn {
using Tanh = ActivationOf<activation::Tanh>;
}
}  // namespace relume
