// Private. The softmax of rows, with what its loss needs of them.
#pragma once

#include <cstdint>

#include "relume/kernels/cpu.h"

namespace relume::kernels {

/// largest[i] = max_j x[i, j];  log_total[i] = ln Σ_j e^{x[i, j] − largest[i]};
/// y[i, j] = scale e^{x[i, j] − largest[i] − log_total[i]}
/// x and y are [rows, columns] without gaps; one thread.
template <class T>
using SoftmaxRows = void (*)(const T* x, std::int64_t rows, std::int64_t columns, T scale, T* y, T* largest,
                             T* log_total);

/// What softmax_rows.simd.cpp offers for each instruction set.
struct SoftmaxRowsTable {
  SoftmaxRows<float> of_float;
  SoftmaxRows<double> of_double;
};

RELUME_DECLARE_TABLE(SoftmaxRowsTable, softmax_rows_table);

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
