// Private. What kernels/pruned_panels.simd.cpp offers for one instruction set.
#pragma once

#include <cstdint>

#include "relume/kernels/panels_table.h"

namespace relume::kernels {

/// A layer of which weights are left out: vectors of the weights of one input and some neighbouring outputs.
struct PrunedPanels {
  /// The sums of a panel: each has a list of its own.
  static constexpr int sums = 8;
  /// Numbers before a panel's inputs: how far all lists reach, and how much longer each is.
  static constexpr int header = 1 + sums;

  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
  const float* weight = nullptr;         ///< the vectors, in the order of their use
  const std::uint32_t* index = nullptr;  ///< of their inputs
  const float* bias = nullptr;           ///< as many as a panel's columns
};

struct PrunedPanelTable {
  std::int64_t width;  ///< of a vector, in outputs
  /// As PanelTable::product, and for finite x the same in every bit but the sign of a 0.
  void (*product)(const PrunedPanels& panels, const float* x, std::int64_t x_stride, std::int64_t rows, float* y,
                  std::int64_t y_stride);
};

RELUME_DECLARE_TABLE(PrunedPanelTable, pruned_panel_table);

}  // namespace relume::kernels
