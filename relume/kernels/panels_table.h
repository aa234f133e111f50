// Private. What kernels/panels.simd.cpp offers for one instruction set.
#pragma once

#include <cstdint>

#include "relume/kernels/cpu.h"

namespace relume::kernels {

/// What PanelTable::pack has laid out.
struct Panels {
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
  const float* weight = nullptr;  ///< aligned to 64 bytes
  const float* bias = nullptr;    ///< as many as weight has columns
};

struct PanelTable {
  /// The outputs with those that fill up the last panel.
  std::int64_t (*columns)(std::int64_t outputs);
  /// weight [outputs, inputs] to packed [inputs · columns].
  void (*pack)(std::int64_t inputs, std::int64_t outputs, const float* weight, float* packed);
  /// Rows of x to rows of y, strides in floats; one thread. A row of y is written up to columns(outputs) where its
  /// stride has room for that, else up to its end.
  void (*product)(const Panels& panels, const float* x, std::int64_t x_stride, std::int64_t rows, float* y,
                  std::int64_t y_stride);
};

RELUME_DECLARE_TABLE(PanelTable, panel_table);

}  // namespace relume::kernels
