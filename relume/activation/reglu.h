// Public. ReGLU, an activation.
#pragma once

#include "relume/activation/info.h"
#include "relume/activation/relu.h"

namespace relume::activation {

/// GLU with relu for its gate. Noam Shazeer, "GLU Variants Improve Transformer", 2020.
struct Reglu {
  static constexpr Info info{
      .name = "reglu", .module = "ReGLU", .formula = "a*relu(b), x = [a, b]", .reference = "Shazeer 2020"};
  using Gate = Relu;
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::CallableAlong<activation::Reglu> reglu{};
namespace nn {
using ReGLU = ActivationAlong<activation::Reglu>;
}
}  // namespace relume
