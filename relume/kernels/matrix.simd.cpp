#include <algorithm>
#include <array>
#include <cstring>

#include "relume/kernels/lane.h"
#include "relume/kernels/map.h"
#include "relume/kernels/matrix_table.h"

namespace relume::kernels::RELUME_TARGET {
namespace {

/// Rows × columns lanes of C held in registers while p runs over k.
template <class T, int rows, int lanes>
void tile(std::int64_t k, const T* a, std::int64_t a_row, std::int64_t a_column, const T* b, std::int64_t ldb, bool add,
          T* c, std::int64_t ldc, std::int64_t columns) {
  using V = Lane<T>;
  constexpr std::int64_t width = V::width;
  const bool whole = columns == lanes * width;
  const auto part = [&](int j) { return whole ? width : std::clamp<std::int64_t>(columns - j * width, 0, width); };
  V total[rows][lanes];
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < lanes; ++j)
      total[i][j] = add && part(j) > 0 ? load_some<V>(c + i * ldc + j * width, part(j)) : V(0);
  for (std::int64_t p = 0; p < k; ++p) {
    V row[lanes];
    for (int j = 0; j < lanes; ++j) row[j] = part(j) > 0 ? load_some<V>(b + p * ldb + j * width, part(j)) : V(0);
    for (int i = 0; i < rows; ++i) {
      const V factor = a[i * a_row + p * a_column];
      for (int j = 0; j < lanes; ++j) total[i][j] = fma(factor, row[j], total[i][j]);
    }
  }
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < lanes; ++j)
      if (part(j) > 0) LaneAccess<V>::store_part(total[i][j], c + i * ldc + j * width, part(j));
}

template <class T>
void product(std::int64_t m, std::int64_t n, std::int64_t k, const T* a, std::int64_t a_row, std::int64_t a_column,
             const T* b, std::int64_t ldb, bool add, T* c, std::int64_t ldc) {
  constexpr int rows = 4, lanes = 2;
  constexpr std::int64_t step = lanes * Lane<T>::width;
  for (std::int64_t j = 0; j < n; j += step) {
    const std::int64_t columns = std::min(step, n - j);
    std::int64_t i = 0;
    for (; i + rows <= m; i += rows)
      tile<T, rows, lanes>(k, a + i * a_row, a_row, a_column, b + j, ldb, add, c + i * ldc + j, ldc, columns);
    for (; i < m; ++i)
      tile<T, 1, lanes>(k, a + i * a_row, a_row, a_column, b + j, ldb, add, c + i * ldc + j, ldc, columns);
  }
}

typedef float Float8 __attribute__((vector_size(32)));
typedef double Double4 __attribute__((vector_size(32)));

typedef float Float4 __attribute__((vector_size(16)));

/// Four numbers from each place. Memory fills the halves of a register for less than registers trade theirs.
inline void load_halves(const float* low, const float* high, Float8& r) {
  Float4 l, h;
  std::memcpy(&l, low, sizeof l);
  std::memcpy(&h, high, sizeof h);
  r = __builtin_shufflevector(l, h, 0, 1, 2, 3, 4, 5, 6, 7);
}

/// b = aᵀ for 8 × 4 floats: pairs, then quadruples change places.
inline void transpose_half(const float* a, std::int64_t lda, float* b, std::int64_t ldb) {
  Float8 r[4], s[4];
  for (int i = 0; i < 4; ++i) load_halves(a + i * lda, a + (i + 4) * lda, r[i]);
  for (int i = 0; i < 4; i += 2) {
    s[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    s[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (int i = 0; i < 2; ++i) {
    r[2 * i] = __builtin_shufflevector(s[i], s[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
    r[2 * i + 1] = __builtin_shufflevector(s[i], s[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
  }
  for (int i = 0; i < 4; ++i) std::memcpy(b + i * ldb, &r[i], sizeof r[i]);
}

/// b = aᵀ for 8 × 8 floats.
inline void transpose_block(const float* a, std::int64_t lda, float* b, std::int64_t ldb) {
  transpose_half(a, lda, b, ldb);
  transpose_half(a + 4, lda, b + 4 * ldb, ldb);
}

inline void transpose_block(const double* a, std::int64_t lda, double* b, std::int64_t ldb) {
  Double4 r[4], s[4];
  for (int i = 0; i < 4; ++i) std::memcpy(&r[i], a + i * lda, sizeof r[i]);
  for (int i = 0; i < 4; i += 2) {
    s[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 4, 2, 6);
    s[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 1, 5, 3, 7);
  }
  for (int i = 0; i < 2; ++i) {
    r[i] = __builtin_shufflevector(s[i], s[i + 2], 0, 1, 4, 5);
    r[i + 2] = __builtin_shufflevector(s[i], s[i + 2], 2, 3, 6, 7);
  }
  for (int i = 0; i < 4; ++i) std::memcpy(b + i * ldb, &r[i], sizeof r[i]);
}

/// Fewer rows or columns than a block has.
template <class T>
void transpose_narrow(const T* a, std::int64_t rows, std::int64_t columns, std::int64_t lda, T* b, std::int64_t ldb) {
  if constexpr (sizeof(T) == sizeof(float)) {
    if (rows >= 8 && columns >= 4) {
      for (std::int64_t i = 0; i < rows; i += 8) {
        const std::int64_t from = std::min(i, rows - 8), j = columns - 4;
        transpose_half(a + from * lda, lda, b + from, ldb);
        if (j > 0) transpose_half(a + from * lda + j, lda, b + j * ldb + from, ldb);
      }
      return;
    }
  }
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) b[j * ldb + i] = a[i * lda + j];
}

template <class T>
void transpose_matrix(const T* a, std::int64_t rows, std::int64_t columns, std::int64_t lda, T* b, std::int64_t ldb) {
  constexpr std::int64_t size = 32 / static_cast<std::int64_t>(sizeof(T));
  if (rows < size || columns < size) return transpose_narrow(a, rows, columns, lda, b, ldb);
  // The last blocks lie over those before them where the sides are no multiples of a block's.
  const auto move = [&](std::int64_t i, std::int64_t j) {
    i = std::min(i, rows - size), j = std::min(j, columns - size);
    transpose_block(a + i * lda + j, lda, b + j * ldb + i, ldb);
  };
  // Along two blocks of rows at a time: a is read in runs, and each cache line of b is written whole.
  for (std::int64_t from = 0; from < rows; from += 2 * size)
    for (std::int64_t j = 0; j < columns; j += 2 * size)
      for (std::int64_t i = from; i < std::min(from + 2 * size, rows); i += size) {
        move(i, j);
        if (j + size < columns) move(i, j + size);
      }
}

/// The sums stay in registers from the first row to the last.
template <class T>
void column_sum_of(const T* a, std::int64_t rows, std::int64_t columns, std::int64_t lda, T* out) {
  using V = Lane<T>;
  using Access = LaneAccess<V>;
  constexpr int lanes = 4;
  constexpr std::int64_t step = lanes * V::width;
  std::int64_t j = 0;
  for (; j + step <= columns; j += step) {
    std::array<V, lanes> total;
    total.fill(V(0));
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::size_t l = 0; l < lanes; ++l)
        total[l] = total[l] + Access::load(a + i * lda + j + static_cast<std::int64_t>(l) * V::width);
    for (std::size_t l = 0; l < lanes; ++l) Access::store(total[l], out + j + static_cast<std::int64_t>(l) * V::width);
  }
  for (; j < columns; j += V::width) {
    const std::int64_t part = std::min(V::width, columns - j);
    V total = V(0);
    for (std::int64_t i = 0; i < rows; ++i) total = total + load_some<V>(a + i * lda + j, part);
    Access::store_part(total, out + j, part);
  }
}

}  // namespace

extern const MatrixTable matrix;
constinit const MatrixTable matrix{product<float>,           product<double>,      transpose_matrix<float>,
                                   transpose_matrix<double>, column_sum_of<float>, column_sum_of<double>};

}  // namespace relume::kernels::RELUME_TARGET
