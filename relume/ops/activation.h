// Public. The activations as differentiable operations on tensors.
#pragma once

#include <type_traits>
#include <utility>

#include "relume/activation/activation.h"
#include "relume/activation/family.h"
#include "relume/tensor/tensor.h"

namespace relume {

/// f(x), element by element. What is kept for backward() is what the activation needs: a bit mask, the output or the
/// input. Integer tensors work where the activation's entry says so. Throws Error for one that is not elementwise.
Tensor activate(const Activation& activation, const Tensor& x);
/// The same, written over x where nobody else holds its memory and backward() does not need it.
Tensor activate(const Activation& activation, Tensor&& x);

/// An activation that joins the elements along a dimension (negative: from the end), or an elementwise one: softmax and
/// log_softmax, stable for large x; the gated ones, which halve that dimension; crelu, which doubles it.
Tensor activate(const Activation& activation, const Tensor& x, int dimension);

struct KeptBits;
/// The bits that backward() is going to read, where y comes right out of an activation that keeps such; see
/// autograd/node.h. Without bits otherwise.
KeptBits kept_bits(const Tensor& y);

/// What relu(x), leaky_relu(x, 0.2) and the like call for a tensor: the activation of struct S with its first
/// parameters set.
template <class S, class X, class... Parameters>
requires std::is_same_v<std::remove_cvref_t<X>, Tensor> Tensor activate_as(X&& x, Parameters... parameters) {
  static const Activation defaults(S::info.name);
  if constexpr (sizeof...(Parameters) == 0) return activate(defaults, std::forward<X>(x));
  Activation f = defaults;
  std::size_t i = 0;
  (f.set(f.entry().parameters[i++].name, parameters), ...);
  return activate(f, std::forward<X>(x));
}

/// What softmax(x, 1), glu(x) and the like call.
template <class S>
Tensor activate_along_as(const Tensor& x, int dimension) {
  static const Activation activation(S::info.name);
  return activate(activation, x, dimension);
}

/// prelu(x) = x > 0 ? x : slope · x with a learned slope of one element, or one for each size of dimension 1 (of the
/// only dimension for a vector).
Tensor prelu(const Tensor& x, const Tensor& slope);

/// rrelu in training: x > 0 ? x : a x with a new a ~ U(lower, upper) for each element, from the default generator.
Tensor random_leaky_relu(const Tensor& x, double lower, double upper);

}  // namespace relume
