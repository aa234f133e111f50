// Private. What kernels/active_rows.simd.cpp offers for one instruction set.
#pragma once

#include <cstdint>

#include "relume/kernels/cpu.h"

namespace relume::kernels {

using AddActiveRows = void (*)(const float* x, std::int64_t n, const float* rows, std::int64_t width, float* y);

struct ActiveRowsTable {
  AddActiveRows add;
};

RELUME_DECLARE_TABLE(ActiveRowsTable, active_rows_table);

}  // namespace relume::kernels
