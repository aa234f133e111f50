// Public. Arithmetic between tensors, and between a tensor and a number. Shapes broadcast, dtypes promote, as in
// PyTorch.
#pragma once

#include "relume/tensor/scalar.h"
#include "relume/tensor/tensor.h"

namespace relume {

Tensor operator+(const Tensor& a, const Tensor& b);
Tensor operator-(const Tensor& a, const Tensor& b);
Tensor operator*(const Tensor& a, const Tensor& b);
/// True division: two integers give float32.
Tensor operator/(const Tensor& a, const Tensor& b);
/// aᵇ. The gradient to b needs a > 0.
Tensor pow(const Tensor& a, const Tensor& b);
/// The larger (smaller) of the two; where they are equal each gets half of the gradient. NaN wins.
Tensor maximum(const Tensor& a, const Tensor& b);
Tensor minimum(const Tensor& a, const Tensor& b);
Tensor operator-(const Tensor& a);

inline Tensor operator+(const Tensor& a, Scalar b) { return a + b.as_tensor(a.dtype()); }
inline Tensor operator-(const Tensor& a, Scalar b) { return a - b.as_tensor(a.dtype()); }
inline Tensor operator*(const Tensor& a, Scalar b) { return a * b.as_tensor(a.dtype()); }
inline Tensor operator/(const Tensor& a, Scalar b) { return a / b.as_tensor(a.dtype()); }
inline Tensor operator+(Scalar a, const Tensor& b) { return a.as_tensor(b.dtype()) + b; }
inline Tensor operator-(Scalar a, const Tensor& b) { return a.as_tensor(b.dtype()) - b; }
inline Tensor operator*(Scalar a, const Tensor& b) { return a.as_tensor(b.dtype()) * b; }
inline Tensor operator/(Scalar a, const Tensor& b) { return a.as_tensor(b.dtype()) / b; }
inline Tensor pow(const Tensor& a, Scalar b) { return pow(a, b.as_tensor(a.dtype())); }
inline Tensor maximum(const Tensor& a, Scalar b) { return maximum(a, b.as_tensor(a.dtype())); }
inline Tensor minimum(const Tensor& a, Scalar b) { return minimum(a, b.as_tensor(a.dtype())); }

/// Sums a gradient of a broadcast result back to the shape of an operand.
Tensor sum_to(const Tensor& gradient, const Shape& shape);

}  // namespace relume
