// Public. GEGLU, an activation.
#pragma once

#include "relume/activation/gelu.h"
#include "relume/activation/info.h"

namespace relume::activation {

/// GLU with gelu for its gate. Noam Shazeer, "GLU Variants Improve Transformer", 2020.
struct Geglu {
  static constexpr Info info{
      .name = "geglu", .module = "GEGLU", .formula = "a*gelu(b), x = [a, b]", .reference = "Shazeer 2020"};
  using Gate = Gelu;
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::CallableAlong<activation::Geglu> geglu{};
namespace nn {
using GEGLU = ActivationAlong<activation::Geglu>;
}
}  // namespace relume
