// Private. The softmax of rows, with what its loss needs of them.
#pragma once

#include "relume/kernels/softmax_rows_table.h"

namespace relume::kernels {

/// The function for the level in use; T is float or double.
template <class T>
SoftmaxRows<T> softmax_rows() {
  const SoftmaxRowsTable& table = RELUME_CHOOSE_TABLE(softmax_rows_table);
  if constexpr (sizeof(T) == sizeof(float)) {
    return table.of_float;
  } else {
    return table.of_double;
  }
}

}  // namespace relume::kernels
