// Public. Holding gradients within bounds.
#pragma once

#include <cstdint>
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

/// Adaptive clipping: the gradient of each unit (row of a matrix, or a whole vector) is scaled down so that its norm is
/// at most `share` of the norm of the unit's own weights, of which `smallest` is assumed at least. Returns the number
/// of units that were clipped. Brock et al., "High-performance large-scale image recognition without normalization",
/// 2021.
std::int64_t clip_grad_adaptive(const std::vector<Tensor>& parameters, double share = 0.01, double smallest = 1e-3);

}  // namespace relume::nn
