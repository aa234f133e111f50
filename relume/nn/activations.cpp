#include "relume/nn/activations.h"

#include "relume/base/require.h"
#include "relume/nn/layer_word.h"
#include "relume/ops/activation.h"

namespace relume::nn {

Tensor Activate::forward(const Tensor& x) {
  if (as_activation()) return activate(activation_, x);
  return random_leaky_relu(x, activation_.parameters()[0], activation_.parameters()[1]);
}

std::string Activate::describe() const {
  std::string parameters;
  for (std::size_t i = 0; i < activation_.entry().parameters.size(); ++i)
    parameters +=
        fmt::format("{}{}={}", i ? ", " : "", activation_.entry().parameters[i].name, activation_.parameters()[i]);
  return fmt::format("{}({})", activation_.entry().info.module, parameters);
}

PReLU::PReLU(std::int64_t channels, double initial) {
  require(channels > 0, "PReLU: {} channels", channels);
  weight = full({channels}, initial);
  add_parameter("weight", weight);
}

std::shared_ptr<Module> PReLU::from_word(const LayerPlace& place) {
  return std::make_shared<PReLU>(1, place.number(0.25));
}

LayerSize PReLU::size_of_word(const LayerPlace& place) { return {1, place.features}; }

Tensor PReLU::forward(const Tensor& x) { return prelu(x, weight); }

std::string PReLU::describe() const { return fmt::format("PReLU(num_parameters={})", weight.elements()); }

Tensor ActivateAlong::forward(const Tensor& x) { return activate(activation_, x, dimension_); }

std::string ActivateAlong::describe() const {
  return fmt::format("{}(dim={})", activation_.entry().info.module, dimension_);
}

}  // namespace relume::nn
