// Public. Gradients with regard to chosen tensors.
#pragma once

#include <vector>

#include "relume/tensor/tensor.h"

namespace relume {

/// The gradients of `output` with regard to each of `inputs`, leaves or not; nothing is added to any grad(). An input
/// that the output does not depend on gets an undefined tensor. `gradient` and `retain_graph` are backward()'s. As
/// torch.autograd.grad.
std::vector<Tensor> grad(const Tensor& output, const std::vector<Tensor>& inputs, const Tensor& gradient = Tensor(),
                         bool retain_graph = false);

}  // namespace relume
