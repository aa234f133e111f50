// Public. GLU, an activation.
#pragma once

#include "relume/activation/info.h"
#include "relume/activation/sigmoid.h"

namespace relume::activation {

/// Gated linear unit: the first half of a dimension, let through by the sigmoid of the second half, as in PyTorch.
/// Dauphin, Fan, Auli, Grangier, "Language Modeling with Gated Convolutional Networks", 2017.
struct Glu {
  static constexpr Info info{.name = "glu",
                             .module = "GLU",
                             .formula = "a*sigmoid(b), x = [a, b]",
                             .reference = "Dauphin, Fan, Auli and Grangier 2017"};
  using Gate = Sigmoid;
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::CallableAlong<activation::Glu> glu{};
namespace nn {
using GLU = ActivationAlong<activation::Glu>;
}
}  // namespace relume
