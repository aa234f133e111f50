// Public. Products of matrices.
#pragma once

#include "relume/tensor/tensor.h"

namespace relume {

/// a b as torch.matmul: [m, k]·[k, n], vectors on either side, and batches of matrices whose leading sizes broadcast.
/// float32 and float64.
Tensor matmul(const Tensor& a, const Tensor& b);

}  // namespace relume
