// Private. The seam between a tensor and autograd, which lies above it.
#pragma once

namespace relume {

struct GradientState;
class Node;

/// Frees what autograd hung onto a tensor. Defined in autograd/gradient_state.cpp.
void destroy_gradient_state(GradientState* state);
/// Gives the tensor's reference to the operation that made it back.
void release_node(Node* node);

}  // namespace relume
