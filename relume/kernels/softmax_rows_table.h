// Private. What kernels/softmax_rows.simd.cpp offers for one instruction set.
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

struct SoftmaxRowsTable {
  SoftmaxRows<float> of_float;
  SoftmaxRows<double> of_double;
};

RELUME_DECLARE_TABLE(SoftmaxRowsTable, softmax_rows_table);

}  // namespace relume::kernels
