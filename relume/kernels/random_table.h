// Private. What kernels/random.simd.cpp offers for one instruction set.
#pragma once

#include <cstdint>

#include "relume/kernels/cpu.h"

namespace relume::kernels {

struct RandomTable {
  void (*philox_blocks)(std::uint64_t, std::uint64_t, std::uint64_t, std::uint32_t*, std::int64_t);
};

RELUME_DECLARE_TABLE(RandomTable, random_table);

}  // namespace relume::kernels
