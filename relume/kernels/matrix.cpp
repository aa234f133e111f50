#include "relume/kernels/column_sum.h"
#include "relume/kernels/cpu.h"
#include "relume/kernels/matrix_table.h"
#include "relume/kernels/transpose.h"

namespace relume::kernels {

RELUME_DECLARE_TABLE(MatrixTable, matrix);

const MatrixTable& matrix_table() { return RELUME_CHOOSE_TABLE(matrix); }

template <>
void transpose(const float* a, std::int64_t rows, std::int64_t columns, std::int64_t lda, float* b, std::int64_t ldb) {
  matrix_table().transpose_float(a, rows, columns, lda, b, ldb);
}

template <>
void transpose(const double* a, std::int64_t rows, std::int64_t columns, std::int64_t lda, double* b,
               std::int64_t ldb) {
  matrix_table().transpose_double(a, rows, columns, lda, b, ldb);
}

template <>
void column_sum(const float* a, std::int64_t rows, std::int64_t columns, std::int64_t lda, float* out) {
  matrix_table().column_sum_float(a, rows, columns, lda, out);
}

template <>
void column_sum(const double* a, std::int64_t rows, std::int64_t columns, std::int64_t lda, double* out) {
  matrix_table().column_sum_double(a, rows, columns, lda, out);
}

void add_column_counts(const std::uint8_t* mask, std::int64_t rows, std::int64_t columns, std::int64_t stride,
                       std::int64_t* count) {
  // A byte's eight bits are spread over eight bytes of a word, which counts 255 rows before it could overflow.
  constexpr std::uint64_t ones = 0x0101010101010101u;
  for (std::int64_t byte = 0; byte * 8 < columns; ++byte)
    for (std::int64_t from = 0; from < rows; from += 255) {
      std::uint64_t counts = 0;
      const std::int64_t to = from + 255 < rows ? from + 255 : rows;
      for (std::int64_t i = from; i < to; ++i) {
        const std::uint64_t bits = (mask[i * stride + byte] * ones) & 0x8040201008040201u;
        // Each byte holds its bit or nothing; adding 127 carries any bit to the byte's top.
        counts += (((bits & ~(ones << 7)) + ones * 127) | bits) >> 7 & ones;
      }
      for (std::int64_t j = 0; j < 8 && byte * 8 + j < columns; ++j)
        count[byte * 8 + j] += static_cast<std::int64_t>(counts >> (8 * j) & 0xffu);
    }
}

}  // namespace relume::kernels
