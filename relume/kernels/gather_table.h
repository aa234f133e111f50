// Private. What kernels/gather.simd.cpp offers for one instruction set.
#pragma once

#include <cstdint>

#include "relume/kernels/cpu.h"

namespace relume::kernels {

template <class T>
using Gather = void (*)(const T* all, std::int64_t width, const std::int64_t* rows, std::int64_t count, float scale,
                        float shift, float* out);

struct GatherTable {
  Gather<std::uint8_t> bytes;
  Gather<float> floats;
};

RELUME_DECLARE_TABLE(GatherTable, gather_table);

}  // namespace relume::kernels
