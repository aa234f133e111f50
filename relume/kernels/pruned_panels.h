// Private. A pruned layer laid out for kernels/pruned_panels.simd.cpp.
#pragma once

#include "relume/kernels/pruned_panels_table.h"

namespace relume::kernels {

/// What pack_pruned() writes, in floats and in numbers of inputs.
struct PrunedSize {
  std::int64_t weights = 0;
  std::int64_t indices = 0;
};

/// For a weight [outputs, inputs] of which vectors of `width` outputs that are all 0 are left out.
PrunedSize pruned_size(std::int64_t inputs, std::int64_t outputs, const float* weight, std::int64_t width);
void pack_pruned(std::int64_t inputs, std::int64_t outputs, const float* weight, std::int64_t width, float* packed,
                 std::uint32_t* index);

}  // namespace relume::kernels
