// What autograd keeps with a tensor.
#pragma once

#include "relume/autograd/node.h"

namespace relume {

struct GradientState {
  IntrusivePtr<Node> grad_fn;
  Tensor grad;
};

/// The tensor's state, made when it has none.
GradientState& gradient_state(const Tensor& t);

}  // namespace relume
