// Private. What kernels/fired_panels.simd.cpp offers for one instruction set.
#pragma once

#include <algorithm>
#include <cstdint>

#include "relume/kernels/panels_table.h"

namespace relume::kernels {

/// The inputs of a row that are not 0, in their order; `index` has room for all inputs of the row and `ahead` more.
struct Fired {
  /// How many of the next inputs' weights are fetched beforehand.
  static constexpr std::int64_t ahead = 16;

  std::uint32_t* index = nullptr;
  std::int64_t count = 0;

  /// The first one from that input on.
  const std::uint32_t* from(std::int64_t input) const {
    return std::lower_bound(index, index + count, static_cast<std::uint32_t>(input));
  }
};

struct FiredPanelTable {
  /// How many of x's inputs are not 0, counted until they are more than `most`.
  std::int64_t (*count)(const float* x, std::int64_t inputs, std::int64_t most);
  /// Lists them.
  void (*list)(const float* x, std::int64_t inputs, Fired& fired);
  /// One row as PanelTable::product, of which no weight that belongs to a 0 is read. Each sum gets the same numbers in
  /// the same order, so that the result is the same in every bit but the sign of a 0.
  void (*product)(const Panels& panels, const float* x, const Fired& fired, float* y, std::int64_t y_stride);
};

RELUME_DECLARE_TABLE(FiredPanelTable, fired_panel_table);

}  // namespace relume::kernels
