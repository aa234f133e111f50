#include "relume/kernels/column_sum.h"
#include "relume/kernels/matrix_table.h"
#include "relume/kernels/transpose.h"

namespace relume::kernels {

template <>
void transpose(const float* a, std::int64_t rows, std::int64_t columns, std::int64_t lda, float* b, std::int64_t ldb) {
  RELUME_CHOOSE_TABLE(matrix_table).transpose_float(a, rows, columns, lda, b, ldb);
}

template <>
void transpose(const double* a, std::int64_t rows, std::int64_t columns, std::int64_t lda, double* b,
               std::int64_t ldb) {
  RELUME_CHOOSE_TABLE(matrix_table).transpose_double(a, rows, columns, lda, b, ldb);
}

template <>
void column_sum(const float* a, std::int64_t rows, std::int64_t columns, std::int64_t lda, float* out) {
  RELUME_CHOOSE_TABLE(matrix_table).column_sum_float(a, rows, columns, lda, out);
}

template <>
void column_sum(const double* a, std::int64_t rows, std::int64_t columns, std::int64_t lda, double* out) {
  RELUME_CHOOSE_TABLE(matrix_table).column_sum_double(a, rows, columns, lda, out);
}

}  // namespace relume::kernels
