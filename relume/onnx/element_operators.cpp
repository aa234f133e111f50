// The operators of ONNX that work value by value, in double precision. Attributes stand under the standard's names with
// its defaults.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "relume/onnx/expression.h"

namespace relume::onnx {
namespace {

double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
// What is no number stays none.
double larger(double x, double y) { return x >= y || std::isnan(x) ? x : y; }
double smaller(double x, double y) { return x <= y || std::isnan(x) ? x : y; }

// x are the operands, s the settings.
const std::vector<ElementOperator>& operators() {
  using D = const double*;
  static const std::vector<ElementOperator> all = {
      {"Abs", 1, [](D x, D) { return std::abs(*x); }},
      {"Add", 2, [](D x, D) { return x[0] + x[1]; }},
      {"And", 2, [](D x, D) { return x[0] != 0 && x[1] != 0 ? 1.0 : 0.0; }},
      {"Celu", 1, [](D x, D s) { return *x > 0 ? *x : *s * std::expm1(*x / *s); }, {{"alpha", 1}}},
      {"Div", 2, [](D x, D) { return x[0] / x[1]; }},
      {"Elu", 1, [](D x, D s) { return *x > 0 ? *x : *s * std::expm1(*x); }, {{"alpha", 1}}},
      {"Equal", 2, [](D x, D) { return x[0] == x[1] ? 1.0 : 0.0; }},
      {"Erf", 1, [](D x, D) { return std::erf(*x); }},
      {"Exp", 1, [](D x, D) { return std::exp(*x); }},
      {"Gelu", 1, [](D x, D) { return *x / 2 * std::erfc(-*x / std::numbers::sqrt2); }},
      {"Gelu tanh", 1,
       [](D x, D) {
         const double inner = std::sqrt(2 / std::numbers::pi) * (*x + 0.044715 * *x * *x * *x);
         return *x / 2 * (1 + std::tanh(inner));
       }},
      {"Greater", 2, [](D x, D) { return x[0] > x[1] ? 1.0 : 0.0; }},
      {"GreaterOrEqual", 2, [](D x, D) { return x[0] >= x[1] ? 1.0 : 0.0; }},
      {"HardSigmoid",
       1,
       [](D x, D s) { return larger(smaller(s[0] * *x + s[1], 1), 0); },
       {{"alpha", 0.2}, {"beta", 0.5}}},
      {"HardSwish", 1, [](D x, D) { return *x * larger(smaller(*x / 6 + 0.5, 1), 0); }},
      {"IsNaN", 1, [](D x, D) { return std::isnan(*x) ? 1.0 : 0.0; }},
      {"LeakyRelu", 1, [](D x, D s) { return *x >= 0 ? *x : *s * *x; }, {{"alpha", 0.01}}},
      {"Less", 2, [](D x, D) { return x[0] < x[1] ? 1.0 : 0.0; }},
      {"LessOrEqual", 2, [](D x, D) { return x[0] <= x[1] ? 1.0 : 0.0; }},
      {"Log", 1, [](D x, D) { return std::log(*x); }},
      {"Max", 2, [](D x, D) { return larger(x[0], x[1]); }},
      {"Min", 2, [](D x, D) { return smaller(x[0], x[1]); }},
      {"Mish", 1, [](D x, D) { return *x * std::tanh(softplus(*x)); }},
      {"Mul", 2, [](D x, D) { return x[0] * x[1]; }},
      {"Neg", 1, [](D x, D) { return -*x; }},
      {"Not", 1, [](D x, D) { return *x == 0 ? 1.0 : 0.0; }},
      {"Or", 2, [](D x, D) { return x[0] != 0 || x[1] != 0 ? 1.0 : 0.0; }},
      {"PRelu", 2, [](D x, D) { return x[0] >= 0 ? x[0] : x[1] * x[0]; }},
      {"Pow", 2, [](D x, D) { return std::pow(x[0], x[1]); }},
      {"Reciprocal", 1, [](D x, D) { return 1 / *x; }},
      {"Relu", 1, [](D x, D) { return larger(*x, 0); }},
      {"Selu",
       1,
       [](D x, D s) { return *x > 0 ? s[1] * *x : s[1] * s[0] * std::expm1(*x); },
       {{"alpha", 1.67326319217681884765625}, {"gamma", 1.05070102214813232421875}}},
      {"Shrink",
       1,
       [](D x, D s) { return *x < -s[0]  ? *x + s[1]
                             : *x > s[0] ? *x - s[1]
                                         : 0; },
       {{"lambd", 0.5}, {"bias", 0}}},
      {"Sigmoid", 1, [](D x, D) { return sigmoid(*x); }},
      {"Sign", 1, [](D x, D) { return *x > 0   ? 1.0
                                      : *x < 0 ? -1.0
                                               : *x; }},
      {"Softplus", 1, [](D x, D) { return softplus(*x); }},
      {"Softsign", 1, [](D x, D) { return *x / (1 + std::abs(*x)); }},
      {"Sqrt", 1, [](D x, D) { return std::sqrt(*x); }},
      {"Sub", 2, [](D x, D) { return x[0] - x[1]; }},
      {"Swish", 1, [](D x, D s) { return *x * sigmoid(*s * *x); }, {{"alpha", 1}}},
      {"Tanh", 1, [](D x, D) { return std::tanh(*x); }},
      {"ThresholdedRelu", 1, [](D x, D s) { return *x > *s ? *x : 0; }, {{"alpha", 1}}},
      {"Truth", 1, [](D x, D) { return *x != 0 ? 1.0 : 0.0; }},  // Cast to BOOL
      {"Where", 3, [](D x, D) { return x[0] != 0 ? x[1] : x[2]; }},
  };
  return all;
}

}  // namespace

const ElementOperator* find_element_operator(std::string_view name) {
  const auto found = std::ranges::find(operators(), name, &ElementOperator::name);
  return found == operators().end() ? nullptr : &*found;
}

}  // namespace relume::onnx
