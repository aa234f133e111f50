// The seam between a tensor and autograd, which lies above it.
#pragma once

namespace relume {

struct GradientState;

/// Frees what autograd hung onto a tensor. Defined in autograd/gradient_state.cpp.
void destroy_gradient_state(GradientState* state);

}  // namespace relume
