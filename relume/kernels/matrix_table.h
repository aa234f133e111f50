// Private. What matrix.simd.cpp offers for each instruction set.
#pragma once

#include <cstdint>

#include "relume/kernels/cpu.h"
#include "relume/kernels/matrix_view.h"

namespace relume::kernels {

/// C (+)= A B, of which A alone may be transposed; one thread.
template <class T>
using PortableProduct = void (*)(const MatrixView<const T>& a, const MatrixView<const T>& b, bool add,
                                 const MatrixView<T>& c);

template <class T>
using TransposeFunction = void (*)(const T* a, std::int64_t rows, std::int64_t columns, std::int64_t lda, T* b,
                                   std::int64_t ldb);

template <class T>
using ColumnSum = void (*)(const T* a, std::int64_t rows, std::int64_t columns, std::int64_t lda, T* out);

struct MatrixTable {
  PortableProduct<float> product_float;
  PortableProduct<double> product_double;
  TransposeFunction<float> transpose_float;
  TransposeFunction<double> transpose_double;
  ColumnSum<float> column_sum_float;
  ColumnSum<double> column_sum_double;
};

RELUME_DECLARE_TABLE(MatrixTable, matrix_table);

}  // namespace relume::kernels
