// What products need on every machine. How the portable one flows: 4 rows and two registers of columns of C stay in
// registers while p runs over k; for each p a row of B is loaded, and each A[i, p] times that is added to row i (tile).
// What is left of the rows goes one by one, what is left of the columns as parts of registers.
#include <algorithm>
#include <array>

#include "relume/kernels/lane.h"
#include "relume/kernels/map.h"
#include "relume/kernels/matrix_table.h"

namespace relume::kernels::RELUME_TARGET {
namespace {

/// `lanes` lanes of C's columns held in registers while p runs over k: C (+)= A B for A of so many rows.
template <class T, int rows, int lanes>
void tile(const MatrixView<const T>& left, const MatrixView<const T>& right, bool add, const MatrixView<T>& out) {
  const T *a = left.data, *b = right.data;
  T* c = out.data;
  const std::int64_t k = left.columns, a_row = left.down(), a_column = left.across(), ldb = right.stride,
                     ldc = out.stride, columns = out.columns;
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
void product(const MatrixView<const T>& a, const MatrixView<const T>& b, bool add, const MatrixView<T>& c) {
  constexpr int rows = 4, lanes = 2;
  constexpr std::int64_t step = lanes * Lane<T>::width;
  for (std::int64_t j = 0; j < c.columns; j += step) {
    const std::int64_t columns = std::min(step, c.columns - j);
    const MatrixView<const T> panel = b.block(0, j, b.rows, columns);
    const auto rows_of = [&](std::int64_t i, std::int64_t count) { return a.block(i, 0, count, a.columns); };
    std::int64_t i = 0;
    for (; i + rows <= c.rows; i += rows)
      tile<T, rows, lanes>(rows_of(i, rows), panel, add, c.block(i, j, rows, columns));
    for (; i < c.rows; ++i) tile<T, 1, lanes>(rows_of(i, 1), panel, add, c.block(i, j, 1, columns));
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
/// The numbers at a, 128 bits of them, and in the upper half of a longer register those at `upper`. Memory fills the
/// halves for less than registers trade theirs.
template <class D, class T>
HWY_INLINE hn::Vec<D> load_halves(D d, const T* a, const T* upper) {
  if constexpr (hn::MaxLanes(d) * sizeof(T) == 16)
    return hn::LoadU(d, a);
  else
    return hn::Combine(d, hn::LoadU(hn::Half<D>(), upper), hn::LoadU(hn::Half<D>(), a));
}

/// b = aᵀ for as many rows as a register has elements and as many columns as 128 bits of it: in each half, neighbours
/// change places, then pairs of floats.
template <class D, class T>
HWY_INLINE void transpose_block(D d, const T* a, std::int64_t lda, T* b, std::int64_t ldb) {
  constexpr int n = 16 / static_cast<int>(sizeof(T));
  const T* upper = a + n * lda;
  hn::Vec<D> r[n], s[n];
  for (int i = 0; i < n; ++i) r[i] = load_halves(d, a + i * lda, upper + i * lda);
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

/// By bands of so many registers' rows, or of half as many where there are too few. Registers of 256 bits: those of 512
/// are filled, and trade their elements, at half the pace or less.
template <int registers, class D, class T>
void transpose_by(D d, const T* a, std::int64_t rows, std::int64_t columns, std::int64_t lda, T* b, std::int64_t ldb) {
  constexpr auto size = static_cast<std::int64_t>(sizeof(T));
  constexpr auto lanes = static_cast<std::int64_t>(hn::MaxLanes(d));
  constexpr std::int64_t height = registers * lanes, width = 16 / size, line = 64 / size;
  if (columns < width || rows < width) return transpose_narrow(a, rows, columns, lda, b, ldb);
  if (rows < height) {
    if constexpr (registers > 1) return transpose_by<1>(d, a, rows, columns, lda, b, ldb);
    if constexpr (lanes > width) return transpose_by<1>(hn::Half<D>(), a, rows, columns, lda, b, ldb);
  }
  const auto block = [&](const T* from, T* to) {
    for (int r = 0; r < registers; ++r) transpose_block(d, from + r * lanes * lda, lda, to + r * lanes, ldb);
  };
  // Where the rows of b are far apart, one band's are more pages than the processor has at hand.
  constexpr std::int64_t far = (std::int64_t{256} << 10) / size;
  const std::int64_t step = lda > ldb || columns * ldb <= far ? columns : line;
  // The last blocks lie over those before them where the sides are no multiples of a block's.
  for (std::int64_t j = 0; j < columns; j += step)
    for (std::int64_t i = 0; i < rows; i += height) {
      const std::int64_t row = std::min(i, rows - height), end = std::min(j + step, columns);
      const T* from = a + row * lda;
      T* to = b + row;
      std::int64_t p = j;
      for (; p + width <= end; p += width) block(from + p, to + p * ldb);
      if (p < end) block(from + columns - width, to + (columns - width) * ldb);
    }
}

template <class T>
void transpose_matrix(const T* a, std::int64_t rows, std::int64_t columns, std::int64_t lda, T* b, std::int64_t ldb) {
  transpose_by<2>(hn::CappedTag<T, 32 / sizeof(T)>(), a, rows, columns, lda, b, ldb);
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

extern const MatrixTable matrix_table;
constinit const MatrixTable matrix_table{product<float>,           product<double>,      transpose_matrix<float>,
                                         transpose_matrix<double>, column_sum_of<float>, column_sum_of<double>};

}  // namespace relume::kernels::RELUME_TARGET
