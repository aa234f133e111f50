// Private. Products of rows with rows: what a layer computes, taken without a copy of its transposed weights.
#pragma once

#include "relume/kernels/row_product_table.h"

namespace relume::kernels {

/// The product for the level in use; T is float or double.
template <class T>
RowProduct<T> row_product() {
  const RowProductTable& table = RELUME_CHOOSE_TABLE(row_product_table);
  if constexpr (sizeof(T) == sizeof(float)) {
    return table.of_float;
  } else {
    return table.of_double;
  }
}

}  // namespace relume::kernels
