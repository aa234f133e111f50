// Public. The affine map of a layer, with an activation fused into it.
#pragma once

#include "relume/activation/activation.h"
#include "relume/tensor/tensor.h"

namespace relume {

/// f(x Wᵀ + b) for x [..., in], W [out, in], b [out] (or undefined: none); the result is [..., out].
/// Without `activation` f is the identity. Bias and activation touch each tile of the product while it is in cache, and
/// backward keeps what the activation needs: a bit mask for the ReLU kinds.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = Tensor(),
              const Activation* activation = nullptr);

}  // namespace relume
