// Private. A dense layer's product as a plan runs it: with all weights, or without those of the inputs that are 0.
#pragma once

#include <cstdint>

#include "relume/infer/frozen.h"
#include "relume/kernels/fired_panels_table.h"
#include "relume/kernels/panels_table.h"
#include "relume/kernels/pruned_panels_table.h"
#include "relume/kernels/wide_rows_table.h"

namespace relume::infer {

/// Rows between two layers. A buffer's rows lie `stride` floats apart, of which the first `width` mean something.
struct Rows {
  const float* x = nullptr;
  std::int64_t x_stride = 0;
  float* y = nullptr;  ///< may be x
  std::int64_t y_stride = 0;
  std::int64_t count = 0;

  Rows from(std::int64_t row, std::int64_t rows) const {
    return {x + row * x_stride, x_stride, y + row * y_stride, y_stride, rows};
  }
};

/// What is called, of the level at which a plan's weights were packed.
struct ProductTables {
  const kernels::PanelTable* panels;
  const kernels::FiredPanelTable* fired;
  const kernels::WideRowTable* wide;
  const kernels::PrunedPanelTable* pruned;

  static ProductTables in_use();
};

struct Product {
  /// How the weights lie. Of finite rows the same comes out, bit for bit but the sign of a 0, whatever of this is
  /// chosen.
  enum class Layout : std::uint8_t { panels, wide_rows, pruned };

  Layout layout = Layout::panels;
  kernels::Panels weights = {};       ///< with the bias; where it is pruned without the weight
  kernels::PrunedPanels pruned = {};  ///< where it is
  std::size_t pruned_bytes = 0;
  /// Where no more inputs of a row are other than 0, it is faster to leave out the rest: for a row alone, and on the
  /// average of rows together. Below 0: never.
  std::int64_t most_fired = -1, most_fired_together = -1;

  bool looks_for_zeros() const { return most_fired >= 0; }
};

/// Floats that a call of it needs beside the rows, where it may look for zeros.
std::int64_t room_for_zeros(std::int64_t inputs, bool wide_rows);

/// With all weights.
void run_all(const Product& product, const ProductTables& tables, const Rows& rows, float* room);
/// With those of inputs that are not 0.
void run_fired(const Product& product, const ProductTables& tables, const Rows& rows, float* room);
/// Whichever suits the rows.
void run(const Product& product, const ProductTables& tables, const Rows& rows, float* room);

/// Whether so many weights of the layer are 0, in vectors, that it is faster without these; where inputs may be 0,
/// faster than without the weights of half of them. Measured as below.
bool pruning_pays(const Dense& dense, bool inputs_may_be_zero, const ProductTables& tables);
/// Sets what is best for a layer, as measured on this machine; once in a process for each shape.
void measure_zeros(Product& product, const ProductTables& tables);
/// Whether wide rows are faster than panels for a layer of so many inputs that is larger than the caches and of which
/// half of the inputs are 0; measured as above.
bool wide_rows_pay(std::int64_t inputs, const ProductTables& tables);

}  // namespace relume::infer
