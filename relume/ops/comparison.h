// Public. Comparisons, element by element; the result is bool. Shapes broadcast. No gradients.
#pragma once

#include "relume/tensor/scalar.h"
#include "relume/tensor/tensor.h"

namespace relume {

Tensor operator==(const Tensor& a, const Tensor& b);
Tensor operator!=(const Tensor& a, const Tensor& b);
Tensor operator<(const Tensor& a, const Tensor& b);
Tensor operator<=(const Tensor& a, const Tensor& b);
Tensor operator>(const Tensor& a, const Tensor& b);
Tensor operator>=(const Tensor& a, const Tensor& b);

inline Tensor operator==(const Tensor& a, Scalar b) { return a == b.as_tensor(a.dtype()); }
inline Tensor operator!=(const Tensor& a, Scalar b) { return a != b.as_tensor(a.dtype()); }
inline Tensor operator<(const Tensor& a, Scalar b) { return a < b.as_tensor(a.dtype()); }
inline Tensor operator<=(const Tensor& a, Scalar b) { return a <= b.as_tensor(a.dtype()); }
inline Tensor operator>(const Tensor& a, Scalar b) { return a > b.as_tensor(a.dtype()); }
inline Tensor operator>=(const Tensor& a, Scalar b) { return a >= b.as_tensor(a.dtype()); }

/// Whether both have the same shape and the same elements (NaN equals nothing).
bool equal(const Tensor& a, const Tensor& b);
/// Whether |a − b| ≤ absolute + relative·|b| everywhere.
bool allclose(const Tensor& a, const Tensor& b, double relative = 1e-5, double absolute = 1e-8);

}  // namespace relume
