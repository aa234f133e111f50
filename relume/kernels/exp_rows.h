// The exponentials and their sums that a softmax and its loss are made of.
#pragma once

#include <cstdint>

#include "relume/kernels/cpu.h"

namespace relume::kernels {

/// largest[i] = max_j x[i, j];  y[i, j] = e^{x[i, j] − largest[i]};  total[i] = Σ_j y[i, j]
/// x and y are [rows, columns] without gaps; one thread.
template <class T>
using ExpRows = void (*)(const T* x, std::int64_t rows, std::int64_t columns, T* y, T* largest, T* total);

/// What exp_rows.simd.cpp offers for each instruction set.
struct ExpRowsTable {
  ExpRows<float> of_float;
  ExpRows<double> of_double;
};

RELUME_DECLARE_TABLE(ExpRowsTable, exp_rows_table);

/// The function for the level in use; T is float or double.
template <class T>
ExpRows<T> exp_rows() {
  const ExpRowsTable& table = RELUME_CHOOSE_TABLE(exp_rows_table);
  if constexpr (sizeof(T) == sizeof(float)) {
    return table.of_float;
  } else {
    return table.of_double;
  }
}

}  // namespace relume::kernels
