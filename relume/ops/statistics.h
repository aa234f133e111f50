// Public. Variance, norm and log-sum-exp along dimensions.
#pragma once

#include "relume/tensor/tensor.h"

namespace relume {

/// Σ (x − mean x)² / (n − correction) along the given dimensions; correction 1 is the unbiased estimate, 0 the
/// variance of the values themselves. An empty list of dimensions means all of them.
Tensor var(const Tensor& x, const Shape& dimensions = {}, double correction = 1, bool keepdim = false);
/// √var, which PyTorch calls std.
Tensor stddev(const Tensor& x, const Shape& dimensions = {}, double correction = 1, bool keepdim = false);
/// √Σ x² along the given dimensions (none: all). The gradient is 0 where the norm is 0.
Tensor norm(const Tensor& x, const Shape& dimensions = {}, bool keepdim = false);
/// ln Σ eˣ along the given dimensions (none: all), stable for large x.
Tensor logsumexp(const Tensor& x, const Shape& dimensions = {}, bool keepdim = false);

}  // namespace relume
