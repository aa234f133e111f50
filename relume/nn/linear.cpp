// Compiled for speed.
#include "relume/nn/linear.h"

#include <cmath>

#include "relume/base/require.h"
#include "relume/nn/init.h"
#include "relume/ops/linear.h"

namespace relume::nn {

Linear::Linear(std::int64_t in_features, std::int64_t out_features, const LinearOptions& options) {
  require(in_features > 0 && out_features > 0, "Linear: {} features to {} features is no layer", in_features,
          out_features);
  const double bound = 1 / std::sqrt(static_cast<double>(in_features));
  weight = empty({out_features, in_features}, options.dtype);
  init::uniform_(weight, -bound, bound);
  add_parameter("weight", weight);
  if (options.bias) {
    bias = empty({out_features}, options.dtype);
    init::uniform_(bias, -bound, bound);
  }
  add_parameter("bias", bias);
}

Tensor Linear::forward(const Tensor& x) { return linear(x, weight, bias); }

Tensor Linear::forward_with(const Tensor& x, const Activation& f) const { return linear(x, weight, bias, &f); }

std::string Linear::describe() const {
  return fmt::format("Linear(in_features={}, out_features={}, bias={})", in_features(), out_features(),
                     bias.defined() ? "True" : "False");
}

}  // namespace relume::nn
