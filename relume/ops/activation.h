// The activations as differentiable operations on tensors.
#pragma once

#include "relume/activation/activation.h"
#include "relume/activation/family.h"
#include "relume/tensor/tensor.h"

namespace relume {

/// f(x), element by element. What is kept for backward() is what the activation needs: a bit mask, the output or the
/// input. Integer tensors work where the activation's entry says so. Throws Error for one that is not elementwise.
Tensor activate(const Activation& activation, const Tensor& x);

/// What relu(x), leaky_relu(x, 0.2) and the like call for a tensor: the activation of struct S with its first
/// parameters set.
template <class S, class... Parameters>
Tensor activate_as(const Tensor& x, Parameters... parameters) {
  static const Activation defaults(S::info.name);
  if constexpr (sizeof...(Parameters) == 0) return activate(defaults, x);
  Activation f = defaults;
  std::size_t i = 0;
  (f.set(f.entry().parameters[i++].name, parameters), ...);
  return activate(f, x);
}

/// prelu(x) = x > 0 ? x : slope · x with a learned slope of one element, or one for each size of dimension 1 (of the
/// only dimension for a vector).
Tensor prelu(const Tensor& x, const Tensor& slope);

/// eˣ / Σ eˣ along a dimension, stable for large x.
Tensor softmax(const Tensor& x, int dimension);
/// x − ln Σ eˣ along a dimension.
Tensor log_softmax(const Tensor& x, int dimension);

}  // namespace relume
