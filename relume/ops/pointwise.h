// Public. Functions of one element, and choices between elements.
#pragma once

#include <limits>

#include "relume/tensor/scalar.h"
#include "relume/tensor/tensor.h"

namespace relume {

Tensor abs(const Tensor& x);  ///< derivative 0 at 0
/// Of integers these give float32.
Tensor exp(const Tensor& x);
Tensor log(const Tensor& x);
Tensor sqrt(const Tensor& x);
Tensor sin(const Tensor& x);
Tensor cos(const Tensor& x);
Tensor sign(const Tensor& x);
/// min(max(x, low), high); the gradient passes where low ≤ x ≤ high.
Tensor clamp(const Tensor& x, double low, double high = std::numeric_limits<double>::infinity());
/// condition ? a : b, broadcast. `condition` is bool.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);

}  // namespace relume
