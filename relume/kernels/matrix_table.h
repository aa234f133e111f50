// Private. What matrix.simd.cpp offers for each instruction set.
#pragma once

#include <cstdint>

namespace relume::kernels {

/// C[m, n] (+)= A B, with A's element (i, p) at a[i · a_row + p · a_column] and B row-major; one thread.
template <class T>
using PortableProduct = void (*)(std::int64_t m, std::int64_t n, std::int64_t k, const T* a, std::int64_t a_row,
                                 std::int64_t a_column, const T* b, std::int64_t ldb, bool add, T* c, std::int64_t ldc);

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

/// The table of the level in use.
const MatrixTable& matrix_table();

}  // namespace relume::kernels
