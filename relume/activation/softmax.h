// Public. Softmax, an activation.
#pragma once

#include "relume/activation/info.h"
#include "relume/kernels/row.h"

namespace relume::activation {

/// Softmax: e^{x_i − max x} / Σ_j e^{x_j − max x} over a row.
struct Softmax {
  static constexpr Info info{.name = "softmax",
                             .module = "Softmax",
                             .formula = "exp(x[i])/sum(exp(x))",
                             .reference = "Bridle 1990",
                             .output = {.min = 0, .max = 1},
                             .onnx = "Softmax"};

  template <class V, class T>
  static void forward(const T* x, T* y, std::int64_t n) {
    const V highest = kernels::row_largest<V>(x, n);
    kernels::map<V>(x, y, n, false, [&](V v) { return exp(v - highest); });
    const V inverse = V(1) / V(kernels::row_sum<V>(n, [&](auto at) { return at(y); }));
    kernels::map<V>(y, y, n, false, [&](V v) { return v * inverse; });
  }

  static constexpr std::string_view c_body = R"(  float highest = x[0], total = 0.0f;
  for (int i = 1; i < n; ++i) highest = x[i] > highest ? x[i] : highest;
  for (int i = 0; i < n; ++i) total += y[i] = expf(x[i] - highest);
  for (int i = 0; i < n; ++i) y[i] /= total;
)";

  // dx_i = y_i (dy_i − Σ_j dy_j y_j)
  template <class V, class T>
  static void backward(const T* y, const T* dy, T* dx, std::int64_t n) {
    const V dot = kernels::row_sum<V>(n, [&](auto at) { return at(y) * at(dy); });
    kernels::map<V>(y, dy, dx, n, [&](V v, V dv) { return v * (dv - dot); });
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::CallableAlong<activation::Softmax> softmax{};
namespace nn {
using Softmax = ActivationAlong<activation::Softmax>;
}
}  // namespace relume
