// Public. Starting values for weights.
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

// PyTorch's, for W [out, in]. `gain` is 1 or that of the activation after the layer: gain(Activation("relu")) is √2.
void kaiming_normal_(const Tensor& weight, double gain, Rng& rng = default_rng());      ///< deviation gain / √in
void kaiming_uniform_(const Tensor& weight, double gain, Rng& rng = default_rng());     ///< ± gain √(3 / in)
void xavier_normal_(const Tensor& weight, double gain = 1, Rng& rng = default_rng());   ///< gain √(2 / (in + out))
void xavier_uniform_(const Tensor& weight, double gain = 1, Rng& rng = default_rng());  ///< ± gain √(6 / (in + out))
void lecun_normal_(const Tensor& weight, Rng& rng = default_rng());                     ///< deviation √(1 / in)
/// Rows (or columns, where there are fewer of them) of length `gain` at right angles to each other. Saxe, McClelland,
/// Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", 2014.
void orthogonal_(const Tensor& weight, double gain = 1, Rng& rng = default_rng());

/// The scheme that fits an activation: he for those that are ReLU-like, lecun for selu and identity, xavier for the
/// bounded.
Scheme scheme_for(const Activation& activation);

/// Normal weights of the scheme's deviation for W [out, in]; `gain` scales he's.
void apply(Scheme scheme, const Tensor& weight, double gain, Rng& rng = default_rng());

}  // namespace init
}  // namespace relume::nn
