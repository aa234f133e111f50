// How a product flows: C[i, j] = Σ_p A[i, p] B[p, j] where each column of B lies in memory as a row. 4 rows of A meet 4
// columns of B (2 where there are 16 registers): their 16 sums stay in a register each while p runs over k, a
// register's width at a time, and only then are the lanes of each added up (sums).
#include <algorithm>

#include "relume/kernels/lane.h"
#include "relume/kernels/map.h"
#include "relume/kernels/row_product_table.h"

namespace relume::kernels::RELUME_TARGET {
namespace {

#if HWY_CAP_GE512
/// The sums of sixteen lanes of as many floats: first within blocks of 128 bits, which elements leave at a cost.
inline Lane<float> sums_of_16(const Lane<float>* total) {
  const hn::ScalableTag<float> d;
  const hn::RepartitionToWide<decltype(d)> pairs;
  const auto of_four = [&](const Lane<float>* t) {
    const auto two = [&](const Lane<float>* v) {
      return hn::Add(hn::InterleaveLower(d, v[0].raw(), v[1].raw()), hn::InterleaveUpper(d, v[0].raw(), v[1].raw()));
    };
    const auto left = hn::BitCast(pairs, two(t)), right = hn::BitCast(pairs, two(t + 2));
    return hn::Add(hn::BitCast(d, hn::InterleaveLower(pairs, left, right)),
                   hn::BitCast(d, hn::InterleaveUpper(pairs, left, right)));
  };
  const auto halves = [&](auto lower, auto upper) {
    return hn::Add(hn::ConcatLowerLower(d, upper, lower), hn::ConcatUpperUpper(d, upper, lower));
  };
  const auto even = halves(of_four(total), of_four(total + 8)), odd = halves(of_four(total + 4), of_four(total + 12));
  return Lane<float>(hn::Add(hn::OddEvenBlocks(hn::SwapAdjacentBlocks(odd), even),
                             hn::OddEvenBlocks(odd, hn::SwapAdjacentBlocks(even))));
}
#endif

/// out[i] = sum of all elements of total[i]. Neighbours are added until one lane holds a sum of each.
template <class T, int count>
void sums(Lane<T> (&total)[count], T* out) {
  using V = Lane<T>;
  constexpr int width = static_cast<int>(V::width), group = std::min(width, count);
  for (int first = 0; first < count; first += group) {
    V* v = total + first;
#if HWY_CAP_GE512
    if constexpr (width == 16 && group == 16) {
      LaneAccess<V>::store(sums_of_16(v), out + first);
      continue;
    }
#endif
    if constexpr (width > 1) {
      for (int n = group; n > 1; n /= 2)
        for (int i = 0; i < n / 2; ++i) v[i] = neighbour_sums(v[2 * i], v[2 * i + 1]);
      for (int n = group; n < width; n *= 2) v[0] = neighbour_sums(v[0], v[0]);
    }
    LaneAccess<V>::store_part(v[0], out + first, group);
  }
}

/// `rows` rows of A with `columns` rows of B, their products held in registers while p runs over k.
template <int rows, int columns, class T>
void tile(std::int64_t k, const T* a, std::int64_t lda, const T* b, std::int64_t ldb, bool add, T* c,
          std::int64_t ldc) {
  using V = Lane<T>;
  V total[rows * columns];
  for (V& t : total) t = V(0);
  const auto step = [&](std::int64_t p, auto load) {
    V row[columns];
    for (int j = 0; j < columns; ++j) row[j] = load(b + j * ldb + p);
    for (int i = 0; i < rows; ++i) {
      const V factor = load(a + i * lda + p);
      for (int j = 0; j < columns; ++j) total[i * columns + j] = fma(factor, row[j], total[i * columns + j]);
    }
  };
  std::int64_t p = 0;
  for (; p + V::width <= k; p += V::width) step(p, [](const T* at) { return LaneAccess<V>::load(at); });
  if (p < k) step(p, [&](const T* at) { return LaneAccess<V>::load_part(at, k - p); });
  if (ldc == columns && !add) return sums(total, c);
  T sum[rows * columns];
  sums(total, sum);
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < columns; ++j)
      c[i * ldc + j] = add ? c[i * ldc + j] + sum[i * columns + j] : sum[i * columns + j];
}

template <int rows, class T>
void row_tiles(std::int64_t n, std::int64_t k, const T* a, std::int64_t lda, const T* b, std::int64_t ldb, bool add,
               T* c, std::int64_t ldc) {
  std::int64_t j = 0;
  for (; j + 4 <= n; j += 4) tile<rows, 4>(k, a, lda, b + j * ldb, ldb, add, c + j, ldc);
  for (; j + 2 <= n; j += 2) tile<rows, 2>(k, a, lda, b + j * ldb, ldb, add, c + j, ldc);
  if (j < n) tile<rows, 1>(k, a, lda, b + j * ldb, ldb, add, c + j, ldc);
}

template <class T>
void product(const MatrixView<const T>& left, const MatrixView<const T>& right, bool add, const MatrixView<T>& out) {
  const std::int64_t m = out.rows, n = out.columns, k = left.columns, lda = left.stride, ldb = right.stride,
                     ldc = out.stride;
  const T *a = left.data, *b = right.data;
  T* c = out.data;
  // Sums for 4 × 4 products fit into AVX-512's 32 registers, 2 × 4 into the 16 of the others.
  constexpr int rows = HWY_CAP_GE512 ? 4 : 2;
  std::int64_t i = 0;
  // Of two columns twice the rows: as many sums are under way.
  if (n == 2)
    for (; i + 2 * rows <= m; i += 2 * rows) tile<2 * rows, 2>(k, a + i * lda, lda, b, ldb, add, c + i * ldc, ldc);
  for (; i + rows <= m; i += rows) row_tiles<rows>(n, k, a + i * lda, lda, b, ldb, add, c + i * ldc, ldc);
  for (; i < m; ++i) row_tiles<1>(n, k, a + i * lda, lda, b, ldb, add, c + i * ldc, ldc);
}

}  // namespace

extern const RowProductTable row_product_table;
constinit const RowProductTable row_product_table{product<float>, product<double>};

}  // namespace relume::kernels::RELUME_TARGET
