// Private. Products of rows with rows: what a layer computes, taken without a copy of its transposed weights.
#pragma once

#include <cstdint>

#include "relume/kernels/cpu.h"

namespace relume::kernels {

/// C[i, j] = Σ_p A[i, p] B[j, p], added to C where `add`; A is [m, k], B [n, k], C [m, n]; one thread.
template <class T>
using RowProduct = void (*)(std::int64_t m, std::int64_t n, std::int64_t k, const T* a, std::int64_t lda, const T* b,
                            std::int64_t ldb, bool add, T* c, std::int64_t ldc);

/// What row_product.simd.cpp offers for each instruction set.
struct RowProductTable {
  RowProduct<float> of_float;
  RowProduct<double> of_double;
};

RELUME_DECLARE_TABLE(RowProductTable, row_product_table);

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
