// Public. LogSoftmax, an activation.
#pragma once

#include <cmath>

#include "relume/activation/info.h"
#include "relume/kernels/row.h"

namespace relume::activation {

/// Log-softmax: x_i − max x − log Σ_j e^{x_j − max x} over a row.
struct LogSoftmax {
  static constexpr Info info{.name = "log_softmax",
                             .module = "LogSoftmax",
                             .formula = "x[i] - log(sum(exp(x)))",
                             .reference = "Bridle 1990",
                             .output = {.max = 0},
                             .onnx = "LogSoftmax"};

  template <class V, class T>
  static void forward(const T* x, T* y, std::int64_t n) {
    const V highest = kernels::row_largest<V>(x, n);
    const V log_sum = std::log(kernels::row_sum<V>(n, [&](auto at) { return exp(at(x) - highest); }));
    kernels::map<V>(x, y, n, false, [&](V v) { return v - highest - log_sum; });
  }

  static constexpr std::string_view c_body = R"(  float highest = x[0], total = 0.0f;
  for (int i = 1; i < n; ++i) highest = x[i] > highest ? x[i] : highest;
  for (int i = 0; i < n; ++i) total += expf(x[i] - highest);
  total = logf(total);
  for (int i = 0; i < n; ++i) y[i] = x[i] - highest - total;
)";

  // dx_i = dy_i − e^{y_i} Σ_j dy_j
  template <class V, class T>
  static void backward(const T* y, const T* dy, T* dx, std::int64_t n) {
    const V total = kernels::row_sum<V>(n, [&](auto at) { return at(dy); });
    kernels::map<V>(y, dy, dx, n, [&](V v, V dv) { return dv - exp(v) * total; });
  }
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::CallableAlong<activation::LogSoftmax> log_softmax{};
namespace nn {
using LogSoftmax = ActivationAlong<activation::LogSoftmax>;
}
}  // namespace relume
