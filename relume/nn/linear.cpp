// Compiled for speed.
#include "relume/nn/linear.h"

#include <cmath>

#include "relume/base/require.h"
#include "relume/nn/init.h"
#include "relume/nn/layer_word.h"
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

std::shared_ptr<Linear> Linear::fitting(std::int64_t in_features, std::int64_t out_features, const Activation& after,
                                        Rng& rng) {
  auto layer = std::make_shared<Linear>(in_features, out_features);
  init::apply(init::scheme_for(after), layer->weight, init::gain(after), rng);
  layer->bias.detach().zero_();
  return layer;
}

std::shared_ptr<Module> Linear::from_word(const LayerPlace& place) {
  return fitting(place.features, place.count("units"), place.next_activation(), place.rng);
}

LayerSize Linear::size_of_word(const LayerPlace& place) {
  const std::int64_t units = place.count("units");
  return {(place.features + 1) * units, units};
}

Tensor Linear::forward(const Tensor& x) { return linear(x, weight, bias); }

Tensor Linear::forward_with(const Tensor& x, const Activation& f) const { return linear(x, weight, bias, &f); }

std::string Linear::describe() const {
  return fmt::format("Linear(in_features={}, out_features={}, bias={})", in_features(), out_features(),
                     bias.defined() ? "True" : "False");
}

}  // namespace relume::nn
