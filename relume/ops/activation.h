// The activations as differentiable operations on tensors.
#pragma once

#include "relume/activation/activation.h"
#include "relume/tensor/tensor.h"

namespace relume {

/// f(x), element by element. What is kept for backward() is what the activation needs: a bit mask, the output or the
/// input. Integer tensors work where the activation's entry says so. Throws Error for one that is not elementwise.
Tensor activate(const Activation& activation, const Tensor& x);

/// prelu(x) = x > 0 ? x : slope · x with a learned slope of one element, or one for each size of dimension 1 (of the
/// only dimension for a vector).
Tensor prelu(const Tensor& x, const Tensor& slope);

/// eˣ / Σ eˣ along a dimension, stable for large x.
Tensor softmax(const Tensor& x, int dimension);
/// x − ln Σ eˣ along a dimension.
Tensor log_softmax(const Tensor& x, int dimension);

}  // namespace relume
