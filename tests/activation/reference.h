// The definitions of the activations with their default parameters, written down a second time from the papers and from
// PyTorch's documentation, with the C library's functions: in long double, or in double where that has to do.
#pragma once

#include <cmath>
#include <functional>
#include <map>
#include <string_view>

namespace relume::activation {

template <class Wide>
Wide clamped(Wide x, int low, int high) {
  return std::fmin(std::fmax(x, Wide(low)), Wide(high));
}

/// x − tanh(x) by its power series near zero, where the difference cancels.
template <class Wide>
Wide tanhshrink_reference(Wide x) {
  if (std::fabs(x) > Wide(0.01L)) return x - std::tanh(x);
  const Wide s = x * x;
  return x * s * (1 / Wide(3.0L) - s * (2 / Wide(15.0L) - s * (17 / Wide(315.0L) - s * 62 / Wide(2835.0L))));
}

template <class Wide>
Wide log_sigmoid_reference(Wide x) {
  return x < 0 ? x - std::log1p(std::exp(x)) : -std::log1p(std::exp(-x));
}

/// Computed in Wide, with the values that parameters have in loops of Element.
template <class Element = float, class Wide = long double>
const std::map<std::string_view, std::function<Wide(Wide)>>& references() {
  static const auto relu = [](Wide x) { return x > 0 ? x : Wide(0.0L); };
  static const auto elu = [](Wide x) { return x > 0 ? x : std::expm1(x); };
  static const std::map<std::string_view, std::function<Wide(Wide)>> table = {
      {"relu", relu},
      {"general_relu", relu},
      {"threshold", relu},
      {"leaky_relu", [](Wide x) { return x > 0 ? x : static_cast<Element>(0.01) * x; }},
      {"rrelu", [](Wide x) { return x > 0 ? x : static_cast<Element>((1.0 / 8 + 1.0 / 3) / 2) * x; }},
      {"elu", elu},
      {"celu", elu},
      {"relu6", [](Wide x) { return clamped(x, 0, 6); }},
      {"selu",
       [](Wide x) {
         return Wide(1.0507009873554804934193L) * (x > 0 ? x : Wide(1.6732632423543772848170L) * std::expm1(x));
       }},
      {"gelu", [](Wide x) { return x * std::erfc(-x * Wide(0.70710678118654752440084L)) / 2; }},
      {"gelu_tanh",
       [](Wide x) {
         return x / (1 + std::exp(-Wide(1.59576912160573071175978L) * (x + Wide(0.044715L) * x * x * x)));
       }},
      {"silu", [](Wide x) { return x / (1 + std::exp(-x)); }},
      {"mish", [](Wide x) { return x * std::tanh(std::log1p(std::exp(x))); }},
      {"softplus", [](Wide x) { return x > 20 ? x : std::log1p(std::exp(x)); }},
      {"softsign", [](Wide x) { return x / (1 + std::fabs(x)); }},
      {"log_sigmoid", log_sigmoid_reference<Wide>},
      {"sigmoid", [](Wide x) { return Wide(1) / (1 + std::exp(-x)); }},
      {"tanh", [](Wide x) { return std::tanh(x); }},
      {"hardtanh", [](Wide x) { return clamped(x, -1, 1); }},
      {"hardsigmoid", [](Wide x) { return clamped(x + 3, 0, 6) / 6; }},
      {"hardswish", [](Wide x) { return x * clamped(x + 3, 0, 6) / 6; }},
      {"hardshrink", [](Wide x) { return std::fabs(x) > Wide(0.5L) ? x : 0; }},
      {"softshrink", [](Wide x) { return x > Wide(0.5L)    ? x - Wide(0.5L)
                                         : x < -Wide(0.5L) ? x + Wide(0.5L)
                                                           : 0; }},
      {"tanhshrink", tanhshrink_reference<Wide>},
      {"thresholded_relu", [](Wide x) { return x > 1 ? x : 0; }},
      {"relu_squared", [](Wide x) { return x > 0 ? x * x : 0; }},
      {"identity", [](Wide x) { return x; }},
  };
  return table;
}

}  // namespace relume::activation
