#include "relume/kernels/softmax_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "relume/base/rng.h"

namespace relume::kernels {
namespace {

template <class T>
void expect_softmax(std::int64_t rows, std::int64_t columns, double tolerance) {
  Rng rng(static_cast<std::uint64_t>(rows * 100 + columns));
  std::vector<T> x(static_cast<std::size_t>(rows * columns)), y(x.size()), largest(static_cast<std::size_t>(rows)),
      log_total(largest.size());
  for (T& v : x) v = static_cast<T>(5 * rng.normal());
  const T scale = T{0.25};
  softmax_rows<T>()(x.data(), rows, columns, scale, y.data(), largest.data(), log_total.data());
  for (std::int64_t i = 0; i < rows; ++i) {
    const auto* row = x.data() + i * columns;
    const T highest = *std::max_element(row, row + columns);
    double total = 0;
    for (std::int64_t j = 0; j < columns; ++j) total += std::exp(static_cast<double>(row[j] - highest));
    const auto at = static_cast<std::size_t>(i);
    EXPECT_EQ(largest[at], highest);
    EXPECT_NEAR(log_total[at], std::log(total), tolerance) << rows << " rows of " << columns;
    for (std::int64_t j = 0; j < columns; ++j)
      EXPECT_NEAR(y[static_cast<std::size_t>(i * columns + j)],
                  scale * std::exp(static_cast<double>(row[j] - highest)) / total, tolerance)
          << rows << " rows of " << columns;
  }
}

TEST(SoftmaxRows, AreThoseInDoublePrecisionAtEveryLevel) {
  for (const Level level : {Level::baseline, Level::avx2, Level::avx512}) {
    force_level(level);
    for (const std::int64_t rows : {1, 3, 8, 16, 17, 37})
      for (const std::int64_t columns : {1, 2, 3, 4, 5, 10, 16, 33, 100}) {
        expect_softmax<float>(rows, columns, 1e-6);
        expect_softmax<double>(rows, columns, 1e-14);
      }
  }
  force_level(machine_level());
}

TEST(SoftmaxRows, GiveNaNForARowThatHasOne) {
  for (const std::int64_t columns : {2, 3, 7}) {
    std::vector<float> x(static_cast<std::size_t>(2 * columns), 1), y(x.size());
    x[1] = std::numeric_limits<float>::quiet_NaN();
    float largest[2], log_total[2];
    softmax_rows<float>()(x.data(), 2, columns, 1, y.data(), largest, log_total);
    EXPECT_TRUE(std::isnan(log_total[0]));
    EXPECT_TRUE(std::isnan(y[0]));
    EXPECT_NEAR(log_total[1], std::log(static_cast<double>(columns)), 1e-6);
    EXPECT_FLOAT_EQ(y[static_cast<std::size_t>(columns)], 1 / static_cast<float>(columns));
  }
}

}  // namespace
}  // namespace relume::kernels
