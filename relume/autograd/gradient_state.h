// Private. What autograd keeps with a tensor.
#pragma once

#include "relume/autograd/node.h"

namespace relume {

struct GradientState {
  Tensor grad;
  std::vector<Node::Hook> hooks;  ///< of a leaf; those of other tensors lie in their node
  // Of a leaf, used by one backward pass at a time.
  std::uint64_t pass = 0;
  std::int64_t uses = 0;
  /// Of a view that may be written to: the tensor it is a part of, whose history a recorded write changes too.
  Tensor part_of;
};

/// The tensor's state, made when it has none.
GradientState& gradient_state(const Tensor& t);

}  // namespace relume
