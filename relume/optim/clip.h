// Holding gradients within bounds.
#pragma once

#include <vector>

#include "relume/tensor/tensor.h"

namespace relume::nn {

/// The L2 norm of all gradients taken as one vector; parameters without one count as zero.
double grad_norm(const std::vector<Tensor>& parameters);

/// Scales all gradients by max_norm / norm where their norm is larger. Returns the norm from before.
/// Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks", 2013.
double clip_grad_norm(const std::vector<Tensor>& parameters, double max_norm);

/// Bounds every element of every gradient to ±value.
void clip_grad_value(const std::vector<Tensor>& parameters, double value);

}  // namespace relume::nn
