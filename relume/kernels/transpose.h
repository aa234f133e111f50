// Private. Copies of transposed matrices.
#pragma once

#include <cstdint>

namespace relume::kernels {

/// b[j, i] = a[i, j] for a [rows, columns]; lda, ldb: elements from row to row. a and b do not overlap.
template <class T>
void transpose(const T* a, std::int64_t rows, std::int64_t columns, std::int64_t lda, T* b, std::int64_t ldb);

}  // namespace relume::kernels
