// Private. A layer's product for inference: few rows, weights that were laid out once.
//
// y = x Wᵀ + b row by row. W is laid out in panels of so many outputs as the vector registers of a few sums hold;
// within a panel the weights of one input lie beside each other:
//
//   for each panel:  sum[·] = b[panel];  for each input p:  sum[·] += x[p] · panel[p][·];  y[panel] = sum[·]
//
// A sum alone would wait for its last addition at each step. So the inputs are cut into as many equal parts as keep
// eight vectors of sums under way, each part is summed in its order, and then the parts, neighbours first. That is the
// order for a single row and for many: a row's bits do not depend on what else is computed with it.
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

/// What panels.simd.cpp offers for each instruction set.
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

/// For the level in use; what one has packed no other can read.
inline const PanelTable& panels() { return RELUME_CHOOSE_TABLE(panel_table); }

}  // namespace relume::kernels
