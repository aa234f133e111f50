// Private. What kernels/half_conversion.simd.cpp offers for one instruction set.
#pragma once

#include <cstdint>

#include "relume/base/half.h"
#include "relume/kernels/cpu.h"
#include "relume/kernels/half_conversion.h"

namespace relume::kernels {

struct HalfConversionTable {
  void (*half_to_float)(const Half*, float*, std::int64_t);
  void (*bfloat16_to_float)(const BFloat16*, float*, std::int64_t);
  void (*float_to_half)(const float*, Half*, std::int64_t);
  void (*float_to_bfloat16)(const float*, BFloat16*, std::int64_t);
  void (*float_pairs_to_bfloat16)(const float*, const float*, BFloat16Pair*, std::int64_t);
};

RELUME_DECLARE_TABLE(HalfConversionTable, half_conversion_table);

}  // namespace relume::kernels
