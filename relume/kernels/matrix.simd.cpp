#include <algorithm>
#include <array>

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

/// Fewer rows or columns than a register has.
template <class T>
void transpose_narrow(const T* a, std::int64_t rows, std::int64_t columns, std::int64_t lda, T* b, std::int64_t ldb) {
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) b[j * ldb + i] = a[i * lda + j];
}

#if HWY_TARGET == HWY_SCALAR
template <class T>
constexpr TransposeFunction<T> transpose_matrix = transpose_narrow<T>;
#else
/// Blocks of 128 bits from places `step` apart, by loads that fill all blocks and blends: Intel's cores have but one
/// place to move the elements of 512 bits, and these leave it alone.
template <class D, class T>
HWY_INLINE hn::Vec<D> load_blocks(D d, const T* a, std::int64_t step) {
  constexpr std::size_t blocks = hn::MaxLanes(d) * sizeof(T) / 16;
  const auto load = [&](int i) { return hn::LoadDup128(d, a + i * step); };
  if constexpr (blocks == 1) return load(0);
  if constexpr (blocks == 2) return hn::OddEvenBlocks(load(1), load(0));
  if constexpr (blocks == 4) {
    // OddEvenBlocks() in words that g++ 12 does not see through: it breaks off at the blend under its address
    // sanitizer.
    const hn::RebindToUnsigned<D> lanes;
    const auto odd = hn::RebindMask(d, hn::TestBit(hn::Iota(lanes, 0), hn::Set(lanes, 16 / sizeof(T))));
    return hn::ConcatUpperLower(d, hn::IfThenElse(odd, load(3), load(2)), hn::IfThenElse(odd, load(1), load(0)));
  }
}

/// b = aᵀ for as many rows as a register has elements and as many columns as a block of it: within the blocks,
/// neighbours change places, then pairs of floats.
template <class D, class T>
HWY_INLINE void transpose_strip(D d, const T* a, std::int64_t lda, T* b, std::int64_t ldb) {
  constexpr int n = 16 / static_cast<int>(sizeof(T));
  hn::Vec<D> r[n], s[n];
  for (int i = 0; i < n; ++i) r[i] = load_blocks(d, a + i * lda, n * lda);
  for (int i = 0; i < n; i += 2) {
    s[i] = hn::InterleaveLower(d, r[i], r[i + 1]);
    s[i + 1] = hn::InterleaveUpper(d, r[i], r[i + 1]);
  }
  if constexpr (n == 4) {
    const hn::RepartitionToWide<D> pairs;
    for (int i = 0; i < 2; ++i) {
      const auto left = hn::BitCast(pairs, s[i]), right = hn::BitCast(pairs, s[i + 2]);
      r[2 * i] = hn::BitCast(d, hn::InterleaveLower(pairs, left, right));
      r[2 * i + 1] = hn::BitCast(d, hn::InterleaveUpper(pairs, left, right));
    }
  }
  for (int i = 0; i < n; ++i) hn::StoreU(n == 4 ? r[i] : s[i], d, b + i * ldb);
}

/// By strips of D's width, or of half of it where there are too few rows.
template <class D, class T>
void transpose_by(D d, const T* a, std::int64_t rows, std::int64_t columns, std::int64_t lda, T* b, std::int64_t ldb) {
  constexpr auto size = static_cast<std::int64_t>(sizeof(T));
  constexpr auto height = static_cast<std::int64_t>(hn::MaxLanes(d));
  constexpr std::int64_t width = 16 / size, line = 64 / size, nearest_cache = (std::int64_t{32} << 10) / size;
  if (columns < width) return transpose_narrow(a, rows, columns, lda, b, ldb);
  if (rows < height) {
    if constexpr (height == width)
      return transpose_narrow(a, rows, columns, lda, b, ldb);
    else
      return transpose_by(hn::Half<D>(), a, rows, columns, lda, b, ldb);
  }
  // The farther apart a matrix's rows are, the more their lines push each other out of the nearest cache. So each line
  // of such an a is done with before the next one, or else each row of such a b.
  const std::int64_t step = lda >= ldb ? line : width;
  const bool ahead = lda >= ldb && columns * ldb > nearest_cache;
  // The last strips lie over those before them where the sides are no multiples of a strip's.
  for (std::int64_t j = 0; j < columns; j += step)
    for (std::int64_t i = 0; i < rows; i += height) {
      const std::int64_t from = std::min(i, rows - height);
      if (ahead && j + 2 * step <= columns)
        for (std::int64_t p = j + step; p < j + 2 * step; ++p) hwy::Prefetch(b + p * ldb + from);
      for (std::int64_t p = j; p < std::min(j + step, columns); p += width) {
        const std::int64_t at = std::min(p, columns - width);
        transpose_strip(d, a + from * lda + at, lda, b + at * ldb + from, ldb);
      }
    }
}

template <class T>
void transpose_matrix(const T* a, std::int64_t rows, std::int64_t columns, std::int64_t lda, T* b, std::int64_t ldb) {
  transpose_by(hn::ScalableTag<T>(), a, rows, columns, lda, b, ldb);
}
#endif

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
