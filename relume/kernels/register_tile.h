// Public. A tile of a product whose sums stay in registers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "relume/kernels/lane_access.h"

namespace relume::kernels {

/// sum = A B for A [height, depth] and B [depth, lanes of V]; a_stride and b_stride: elements from row to row.
template <class V, std::size_t height, std::size_t lanes, class T>
[[gnu::always_inline]] inline void multiply_into(V (&sum)[height][lanes], std::int64_t depth, const T* a,
                                                 std::int64_t a_stride, const T* b, std::int64_t b_stride) {
  using Access = LaneAccess<V>;
  constexpr auto rows = static_cast<std::int64_t>(height), columns = static_cast<std::int64_t>(lanes);
  for (auto& row : sum)
    for (V& v : row) v = V(0);
  for (std::int64_t p = 0; p < depth; ++p) {
    V row[lanes];
    for (std::int64_t l = 0; l < columns; ++l) row[l] = Access::load(b + p * b_stride + l * Access::width);
    for (std::int64_t r = 0; r < rows; ++r) {
      const V factor = a[r * a_stride + p];
      for (std::int64_t l = 0; l < columns; ++l) sum[r][l] = fma(factor, row[l], sum[r][l]);
    }
  }
}

}  // namespace relume::kernels
