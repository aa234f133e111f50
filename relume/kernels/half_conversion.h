// Private. Many 16-bit floats at once, to float32 and back; rounded to nearest, ties to even, as base/half.h does one.
#pragma once

#include <cstdint>

#include "relume/base/half.h"

namespace relume::kernels {

void to_float(const Half* from, float* to, std::int64_t n);
void to_float(const BFloat16* from, float* to, std::int64_t n);
void from_float(const float* from, Half* to, std::int64_t n);
void from_float(const float* from, BFloat16* to, std::int64_t n);

/// Two bfloat16 in the bits of a float, which nothing but copies ever touch: the first in the lower half.
using BFloat16Pair = float;

/// to[i] = (even[i], odd[i]).
void pairs_from_float(const float* even, const float* odd, BFloat16Pair* to, std::int64_t n);

}  // namespace relume::kernels
