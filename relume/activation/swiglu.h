// Public. SwiGLU, an activation.
#pragma once

#include "relume/activation/info.h"
#include "relume/activation/silu.h"

namespace relume::activation {

/// GLU with silu for its gate. Noam Shazeer, "GLU Variants Improve Transformer", 2020.
struct Swiglu {
  static constexpr Info info{
      .name = "swiglu", .module = "SwiGLU", .formula = "a*silu(b), x = [a, b]", .reference = "Shazeer 2020"};
  using Gate = Silu;
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::CallableAlong<activation::Swiglu> swiglu{};
namespace nn {
using SwiGLU = ActivationAlong<activation::Swiglu>;
}
}  // namespace relume
