// Public. CReLU, an activation.
#pragma once

#include "relume/activation/info.h"
#include "relume/activation/relu.h"

namespace relume::activation {

/// Concatenated ReLU: relu(x) and relu(−x) side by side, so that nothing of x is lost. The dimension doubles.
/// Shang, Sohn, Almeida, Lee, "Understanding and Improving Convolutional Neural Networks via Concatenated Rectified
/// Linear Units", 2016.
struct Crelu {
  static constexpr Info info{.name = "crelu",
                             .module = "CReLU",
                             .formula = "[relu(x), relu(-x)]",
                             .reference = "Shang, Sohn, Almeida and Lee 2016",
                             .output = {.min = 0}};
  using BothSigns = Relu;
};

}  // namespace relume::activation

namespace relume {
inline constexpr activation::CallableAlong<activation::Crelu> crelu{};
namespace nn {
using CReLU = ActivationAlong<activation::Crelu>;
}
}  // namespace relume
