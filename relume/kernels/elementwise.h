// Private. Element by element: arithmetic, comparison, functions, conversion, over strided runs of any dtype.
// Strides count elements; 0 repeats one element. An output may be one of the inputs.
#pragma once

#include <cstdint>

#include "relume/base/dtype.h"

namespace relume::kernels {

enum class Binary { add, subtract, multiply, divide, power, maximum, minimum };
enum class Compare { equal, not_equal, less, less_equal, greater, greater_equal };
enum class Unary { negate, absolute, exponential, logarithm, square_root, sine, cosine, sign };

/// y[i] = a[i·stride_a] op b[i·stride_b], all of one dtype. maximum and minimum hand NaN on. Integer division
/// truncates.
void binary(Binary op, DType dtype, const void* a, std::int64_t stride_a, const void* b, std::int64_t stride_b, void* y,
            std::int64_t n);

/// y[i] = a[i·stride_a] op b[i·stride_b] as bool.
void compare(Compare op, DType dtype, const void* a, std::int64_t stride_a, const void* b, std::int64_t stride_b,
             bool* y, std::int64_t n);

/// y[i] = f(x[i·stride_x]).
void unary(Unary op, DType dtype, const void* x, std::int64_t stride_x, void* y, std::int64_t n);

/// y[i] = c[i·stride_c] ? a[i·stride_a] : b[i·stride_b].
void where(DType dtype, const bool* c, std::int64_t stride_c, const void* a, std::int64_t stride_a, const void* b,
           std::int64_t stride_b, void* y, std::int64_t n);

/// y[i·stride_y] = x[i·stride_x], converted as a C++ cast does; anything but zero is true.
void convert(DType from, const void* x, std::int64_t stride_x, DType to, void* y, std::int64_t stride_y,
             std::int64_t n);

/// y[i] += a·x[i], contiguous, float32 or float64.
void add_scaled(DType dtype, double a, const void* x, void* y, std::int64_t n);

}  // namespace relume::kernels
