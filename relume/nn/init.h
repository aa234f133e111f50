// Starting values for weights.
#pragma once

#include "relume/activation/activation.h"
#include "relume/base/rng.h"
#include "relume/tensor/tensor.h"

namespace relume::nn {

class Module;

namespace init {

/// Where the deviation comes from: the inputs (keeps activations in scale), the outputs (gradients), or both.
enum class Scheme : std::uint8_t {
  /// gain / √((in + out) / 2), √2 the gain of ReLU: for ReLU and its kin. He et al., "Delving deep into rectifiers",
  /// 2015, with the mean of its two conditions.
  he,
  xavier,  ///< √(2 / (in + out)): for sigmoid, tanh. Glorot, Bengio, 2010
  lecun,   ///< √(1 / in): for SELU and linear layers. LeCun et al., "Efficient BackProp", 1998
};

void uniform_(const Tensor& weight, double low, double high, Rng& rng = default_rng());
void normal_(const Tensor& weight, double mean, double deviation, Rng& rng = default_rng());

/// The gain √(1 / E[f(z)²]), z normal, measured by integration: √2 for ReLU, 1 for the identity. A layer whose weights
/// have deviation gain/√in keeps the scale of what flows through it.
double gain(const Activation& activation);

/// The scheme that fits an activation: he for those that are ReLU-like, lecun for selu and identity, xavier for the
/// bounded.
Scheme scheme_for(const Activation& activation);

/// Normal weights of the scheme's deviation for W [out, in]; `gain` scales he's.
void apply(Scheme scheme, const Tensor& weight, double gain, Rng& rng = default_rng());

}  // namespace init
}  // namespace relume::nn
