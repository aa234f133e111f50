#include "relume/kernels/active_rows.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "relume/base/rng.h"

namespace relume::kernels {
namespace {

TEST(ActiveRows, AddWhatAProductInDoublePrecisionAdds) {
  Rng rng(4);
  for (const std::int64_t n : {1, 3, 4, 5, 64, 301})
    for (const std::int64_t width : {1, 7, 16, 100})
      for (const double share : {0.0, 0.1, 0.5, 1.0}) {
        std::vector<float> x(static_cast<std::size_t>(n)), rows(static_cast<std::size_t>(n * width)),
            y(static_cast<std::size_t>(width), 0.5f);
        for (float& v : x) v = rng.uniform() < share ? static_cast<float>(rng.normal()) : 0;
        for (float& v : rows) v = static_cast<float>(rng.normal());
        std::vector<double> expected(y.begin(), y.end());
        for (std::int64_t j = 0; j < n; ++j)
          for (std::int64_t c = 0; c < width; ++c)
            expected[static_cast<std::size_t>(c)] += static_cast<double>(x[static_cast<std::size_t>(j)]) *
                                                     static_cast<double>(rows[static_cast<std::size_t>(j * width + c)]);
        add_active_rows(x.data(), n, rows.data(), width, y.data());
        for (std::size_t c = 0; c < y.size(); ++c) EXPECT_NEAR(y[c], expected[c], 1e-4) << n << " " << width;
      }
}

TEST(ActiveRows, DoNotReadWhatBelongsToAZero) {
  const float x[] = {0, 2, 0};
  std::vector<float> rows(9, std::numeric_limits<float>::quiet_NaN()), y(3, 1);
  for (std::size_t c = 3; c < 6; ++c) rows[c] = 1;
  add_active_rows(x, 3, rows.data(), 3, y.data());
  EXPECT_EQ(y, std::vector<float>(3, 3));
}

}  // namespace
}  // namespace relume::kernels
