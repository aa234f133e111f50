#include "relume/kernels/matmul.h"

#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "relume/base/half.h"
#include "relume/base/parallel.h"
#include "relume/base/rng.h"
#include "relume/kernels/bf16_matmul.h"
#include "relume/kernels/column_sum.h"
#include "relume/kernels/cpu.h"
#include "relume/kernels/transpose.h"

namespace relume::kernels {
namespace {

template <class T>
std::vector<T> random_values(Rng& rng, std::int64_t n) {
  std::vector<T> values(static_cast<std::size_t>(n));
  for (T& v : values) v = static_cast<T>(rng.uniform() * 2 - 1);
  return values;
}

struct Case {
  std::int64_t m, n, k;
};

const Case cases[] = {{0, 3, 2},     {3, 0, 2},       {3, 2, 0},    {1, 1, 1},      {1, 7, 5},      {5, 1, 3},
                      {32, 64, 4},   {32, 2, 64},     {17, 65, 33}, {64, 256, 784}, {129, 67, 300}, {10, 256, 64},
                      {256, 130, 1}, {128, 10, 200},  {1, 200, 77}, {3, 33, 300},   {131, 3, 129},  {6, 150, 1000},
                      {48, 300, 90}, {140, 700, 130}, {64, 4, 32},  {300, 13, 64},  {100, 17, 50}};

template <class T>
void expect_product(const Case& size, bool a_transposed, bool b_transposed, bool add) {
  Rng rng(7);
  const auto [m, n, k] = size;
  const std::int64_t lda = (a_transposed ? m : k) + 3, ldb = (b_transposed ? k : n) + 1, ldc = n + 2;
  const auto a = random_values<T>(rng, (a_transposed ? k : m) * lda),
             b = random_values<T>(rng, (b_transposed ? n : k) * ldb);
  const auto before = random_values<T>(rng, m * ldc);
  auto c = before;
  matmul<T>({a.data(), m, k, lda, a_transposed}, {b.data(), k, n, ldb, b_transposed}, add ? T(1) : T(0),
            {c.data(), m, n, ldc});
  const double bound = 4 * static_cast<double>(k + 1) * (sizeof(T) == 4 ? 6e-8 : 1.2e-16);
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      double sum = add ? static_cast<double>(before[static_cast<std::size_t>(i * ldc + j)]) : 0.0;
      for (std::int64_t p = 0; p < k; ++p)
        sum += static_cast<double>(a[static_cast<std::size_t>(a_transposed ? p * lda + i : i * lda + p)]) *
               static_cast<double>(b[static_cast<std::size_t>(b_transposed ? j * ldb + p : p * ldb + j)]);
      ASSERT_NEAR(static_cast<double>(c[static_cast<std::size_t>(i * ldc + j)]), sum, bound)
          << m << "x" << n << "x" << k << " a " << a_transposed << " b " << b_transposed << " add " << add;
    }
    for (std::int64_t j = n; j < ldc; ++j)
      ASSERT_EQ(c[static_cast<std::size_t>(i * ldc + j)], before[static_cast<std::size_t>(i * ldc + j)]);
  }
}

void expect_all_products() {
  for (const Case& size : cases)
    for (int flags = 0; flags < 8; ++flags) {
      expect_product<float>(size, flags & 1, flags & 2, flags & 4);
      expect_product<double>(size, flags & 1, flags & 2, flags & 4);
    }
}

TEST(Matmul, IsTheSumOfProductsAndLeavesWhatLiesBesideC) { expect_all_products(); }

TEST(Matmul, IsTheSumOfProductsOnThePortableKernelOfEveryLevel) {
  force_portable_matmul(true);
  for (const Level asked : {Level::baseline, Level::avx2, Level::avx512}) {
    force_level(asked);
    expect_all_products();
  }
  force_level(machine_level());
  force_portable_matmul(false);
}

double rounded_to_bf16(float value) { return static_cast<double>(static_cast<float>(BFloat16(value))); }

TEST(Bf16Matmul, IsTheSumOfProductsOfRoundedOperandsAndLeavesWhatLiesBesideC) {
  if (!bf16_matmul_available()) GTEST_SKIP() << "skipped: this machine does not multiply bfloat16";
  for (const Case& size : {Case{64, 70, 65},
                           {1, 300, 1001},
                           {300, 1, 1000},
                           {129, 67, 300},
                           {257, 130, 1100},
                           {64, 512, 784},
                           {512, 784, 64},
                           {33, 100, 1537}})
    for (int flags = 0; flags < 8; ++flags) {
      const auto [m, n, k] = size;
      const bool a_transposed = flags & 1, b_transposed = flags & 2, add = flags & 4;
      Rng rng(7);
      const std::int64_t lda = (a_transposed ? m : k) + 3, ldb = (b_transposed ? k : n) + 1, ldc = n + 2;
      const auto a = random_values<float>(rng, (a_transposed ? k : m) * lda),
                 b = random_values<float>(rng, (b_transposed ? n : k) * ldb),
                 before = random_values<float>(rng, m * ldc);
      auto c = before;
      bf16_matmul({a.data(), m, k, lda, a_transposed}, {b.data(), k, n, ldb, b_transposed}, add ? 1.0f : 0.0f,
                  {c.data(), m, n, ldc}, nullptr);
      double largest = 0;
      for (std::int64_t i = 0; i < m; ++i) {
        for (std::int64_t j = 0; j < n; ++j) {
          const auto at = static_cast<std::size_t>(i * ldc + j);
          double sum = add ? static_cast<double>(before[at]) : 0.0;
          for (std::int64_t p = 0; p < k; ++p)
            sum += rounded_to_bf16(a[static_cast<std::size_t>(a_transposed ? p * lda + i : i * lda + p)]) *
                   rounded_to_bf16(b[static_cast<std::size_t>(b_transposed ? j * ldb + p : p * ldb + j)]);
          largest = std::max(largest, std::abs(sum - static_cast<double>(c[at])));
        }
        for (std::int64_t j = n; j < ldc; ++j)
          ASSERT_EQ(c[static_cast<std::size_t>(i * ldc + j)], before[static_cast<std::size_t>(i * ldc + j)]);
      }
      EXPECT_LT(largest, 4 * static_cast<double>(k + 1) * 6e-8)
          << m << "x" << n << "x" << k << " a " << a_transposed << " b " << b_transposed << " add " << add;
    }
}

TEST(Bf16Matmul, GivesTheSameBitsOnAnyNumberOfThreads) {
  if (!bf16_matmul_available()) GTEST_SKIP() << "skipped: this machine does not multiply bfloat16";
  Rng rng(3);
  const auto a = random_values<float>(rng, 300 * 500), b = random_values<float>(rng, 500 * 700);
  const int threads = num_threads();
  const auto product = [&](int wanted) {
    set_num_threads(wanted);
    std::vector<float> c(300 * 700);
    bf16_matmul({a.data(), 300, 500, 500}, {b.data(), 500, 700, 500, true}, 0, {c.data(), 300, 700, 700}, nullptr);
    return c;
  };
  EXPECT_EQ(product(1), product(3));
  set_num_threads(threads);
}

TEST(Bf16Matmul, IsAskedForByEachThread) {
  Rng rng(3);
  const auto a = random_values<float>(rng, 300 * 500), b = random_values<float>(rng, 500 * 700);
  const auto product = [&] {
    std::vector<float> c(300 * 700);
    matmul<float>({a.data(), 300, 500, 500}, {b.data(), 500, 700, 500, true}, 0, {c.data(), 300, 700, 700});
    return c;
  };
  const auto full = product();
  {
    const MatmulPrecisionScope medium(MatmulPrecision::medium);
    EXPECT_EQ(product() != full, has_bf16_matmul());
    std::vector<float> elsewhere;
    std::thread([&] { elsewhere = product(); }).join();
    EXPECT_EQ(elsewhere, full);
  }
  EXPECT_EQ(product(), full);
}

TEST(Bf16Matmul, FallsBackToFloat32WhereTheMachineLacksIt) {
  const MatmulPrecisionScope medium(MatmulPrecision::medium);
  force_level(Level::avx2);
  EXPECT_FALSE(has_bf16_matmul());
  expect_product<float>({64, 256, 784}, false, true, false);
  force_level(machine_level());
}

TEST(Matmul, GivesTheSameBitsOnAnyNumberOfThreads) {
  const int threads = num_threads();
  Rng rng(3);
  const auto a = random_values<float>(rng, 600 * 800), b = random_values<float>(rng, 600 * 800);
  for (const Case& size : {Case{300, 700, 500}, {64, 512, 600}, {600, 300, 200}, {130, 600, 800}})
    for (int flags = 0; flags < 4; ++flags) {
      const std::int64_t m = size.m, n = size.n, k = size.k;
      const bool a_transposed = flags & 1, b_transposed = flags & 2;
      const auto product = [&](int wanted) {
        set_num_threads(wanted);
        std::vector<float> c(static_cast<std::size_t>(m * n));
        matmul<float>({a.data(), m, k, a_transposed ? m : k, a_transposed},
                      {b.data(), k, n, b_transposed ? k : n, b_transposed}, 0, {c.data(), m, n, n});
        return c;
      };
      const auto one = product(1);
      for (const int wanted : {2, 3, 7}) EXPECT_EQ(one, product(wanted)) << m << "x" << n << "x" << k << " " << flags;
    }
  set_num_threads(threads);
}

/// Aᵀ B in parts against matmul's; an element that came twice or never would differ.
template <class T>
void expect_parts_of(const Case& size) {
  Rng rng(9);
  const auto [m, n, k] = size;
  const std::int64_t lda = m + 1, ldb = n;
  const auto a = random_values<T>(rng, k * lda), b = random_values<T>(rng, k * ldb);
  std::vector<T> whole(static_cast<std::size_t>(m * n)), parts(whole.size());
  const MatrixView<const T> left{a.data(), k, m, lda}, right{b.data(), k, n, ldb};
  matmul<T>(left.t(), right, T(0), {whole.data(), m, n, n});
  product_in_parts<T>(left, right, [&](const T* values, std::int64_t first, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) parts[static_cast<std::size_t>(first + i)] += values[i];
  });
  EXPECT_EQ(parts, whole) << m << "x" << n << "x" << k << " of " << sizeof(T) << " bytes";
}

void expect_all_parts() {
  for (const Case& size : cases) {
    expect_parts_of<float>(size);
    expect_parts_of<double>(size);
  }
}

/// Widths of which a part is a whole row and a piece of one, that crowd the nearest cache, depths of more than one
/// part.
const Case large[] = {{160, 784, 64},   {200, 1024, 100}, {97, 2500, 40},
                      {130, 1024, 700}, {512, 100, 3},    {65, 2048, 300}};

TEST(ProductInParts, HasTheSameBitsAsTheWholeProductOnAnyNumberOfThreads) {
  const int threads = num_threads();
  expect_all_parts();
  for (const int wanted : {1, 2, 3, 7}) {
    set_num_threads(wanted);
    for (const Case& size : large) {
      expect_parts_of<float>(size);
      expect_parts_of<double>(size);
    }
  }
  set_num_threads(threads);
}

TEST(ProductInParts, HasTheSameBitsAsTheWholeProductOnThePortableKernelOfEveryLevel) {
  force_portable_matmul(true);
  for (const Level asked : {Level::baseline, Level::avx2, Level::avx512}) {
    force_level(asked);
    expect_all_parts();
    for (const Case& size : large) expect_parts_of<float>(size);
  }
  force_level(machine_level());
  force_portable_matmul(false);
}

TEST(ProductInParts, RoundsItsOperandsWhereTheWholeProductDoes) {
  const MatmulPrecisionScope medium(MatmulPrecision::medium);
  expect_parts_of<float>({160, 784, 64});
}

template <class T>
void expect_transpose(std::int64_t rows, std::int64_t columns, std::int64_t gap_a, std::int64_t gap_b) {
  Rng rng(5);
  const std::int64_t lda = columns + gap_a, ldb = rows + gap_b;
  const auto a = random_values<T>(rng, rows * lda), before = random_values<T>(rng, columns * ldb);
  auto b = before;
  transpose(a.data(), rows, columns, lda, b.data(), ldb);
  auto expected = before;
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j)
      expected[static_cast<std::size_t>(j * ldb + i)] = a[static_cast<std::size_t>(i * lda + j)];
  EXPECT_EQ(b, expected) << rows << "x" << columns << " rows " << lda << " and " << ldb << " apart, of " << sizeof(T)
                         << " bytes";
}

TEST(Transpose, MovesEveryElementAndLeavesWhatLiesBesideAtAnySizeAndLevel) {
  for (const Level asked : {Level::baseline, Level::avx2, Level::avx512}) {
    force_level(asked);
    for (std::int64_t rows : {1, 3, 4, 7, 8, 9, 15, 16, 17, 40, 64})
      for (std::int64_t columns : {1, 2, 3, 4, 8, 15, 16, 17, 61, 64, 300})
        for (const std::int64_t gap : {1, 500}) {
          expect_transpose<float>(rows, columns, gap, 2);
          expect_transpose<float>(rows, columns, 2, gap);
          expect_transpose<double>(rows, columns, gap, 2);
          expect_transpose<double>(rows, columns, 2, gap);
        }
  }
  force_level(machine_level());
}

TEST(ColumnSum, AddsUpTheRowsOfEachColumn) {
  Rng rng(2);
  for (std::int64_t columns : {1, 5, 64, 131}) {
    const auto a = random_values<double>(rng, 37 * columns);
    std::vector<double> sums(static_cast<std::size_t>(columns));
    column_sum(a.data(), 37, columns, columns, sums.data());
    for (std::int64_t j = 0; j < columns; ++j) {
      double expected = 0;
      for (std::int64_t i = 0; i < 37; ++i) expected += a[static_cast<std::size_t>(i * columns + j)];
      EXPECT_NEAR(sums[static_cast<std::size_t>(j)], expected, 1e-13);
    }
  }
}

}  // namespace
}  // namespace relume::kernels
