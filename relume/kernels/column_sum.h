// Private. Sums over the rows of a matrix.
#pragma once

#include <cstdint>

namespace relume::kernels {

/// out[j] = Σ_i a[i, j] for a [rows, columns], lda elements from row to row; T is float or double.
template <class T>
void column_sum(const T* a, std::int64_t rows, std::int64_t columns, std::int64_t lda, T* out);

/// count[j] += bit j of every row of a mask: row i begins at mask + i · stride bytes, bit j % 8 of byte j / 8.
void add_column_counts(const std::uint8_t* mask, std::int64_t rows, std::int64_t columns, std::int64_t stride,
                       std::int64_t* count);

}  // namespace relume::kernels
