// Private. What kernels/wide_rows.simd.cpp offers for one instruction set.
#pragma once

#include <cstdint>

#include "relume/kernels/fired_panels_table.h"

namespace relume::kernels {

/// The layout of a layer of which the caches do not hold the weights, for multiples of 64 outputs. What comes out is
/// what PanelTable::product gives, in every bit but the sign of a 0.
struct WideRowTable {
  static constexpr std::int64_t group_width = 1024, most_rows = 8;
  /// Floats that a call needs for sums, of so many rows.
  static constexpr std::int64_t room(std::int64_t rows) { return 2 * group_width * rows; }

  /// weight [outputs, inputs] to packed [inputs · outputs].
  void (*pack)(std::int64_t inputs, std::int64_t outputs, const float* weight, float* packed);
  /// One row, of which no weight that belongs to a 0 is read.
  void (*product_of_fired)(const Panels& layer, const float* x, const Fired& fired, float* y, float* room);
  /// Up to most_rows rows, strides in floats.
  void (*product)(const Panels& layer, const float* x, std::int64_t x_stride, std::int64_t rows, float* y,
                  std::int64_t y_stride, float* room);
};

RELUME_DECLARE_TABLE(WideRowTable, wide_row_table);

}  // namespace relume::kernels
