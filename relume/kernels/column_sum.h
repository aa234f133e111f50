// Private. Sums over the rows of a matrix.
#pragma once

#include <cstdint>

namespace relume::kernels {

/// out[j] = Σ_i a[i, j] for a [rows, columns], lda elements from row to row; T is float or double.
template <class T>
void column_sum(const T* a, std::int64_t rows, std::int64_t columns, std::int64_t lda, T* out);

}  // namespace relume::kernels
