// Private. What kernels/row_product.simd.cpp offers for one instruction set.
#pragma once

#include <cstdint>

#include "relume/kernels/cpu.h"
#include "relume/kernels/matrix_view.h"

namespace relume::kernels {

/// C (+)= A B, of which B alone is transposed: its columns lie in memory as A's rows do; one thread.
template <class T>
using RowProduct = void (*)(const MatrixView<const T>& a, const MatrixView<const T>& b, bool add,
                            const MatrixView<T>& c);

struct RowProductTable {
  RowProduct<float> of_float;
  RowProduct<double> of_double;
};

RELUME_DECLARE_TABLE(RowProductTable, row_product_table);

}  // namespace relume::kernels
