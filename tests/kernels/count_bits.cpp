#include "relume/kernels/count_bits.h"

#include <vector>

#include <gtest/gtest.h>

#include "relume/base/rng.h"

namespace relume::kernels {
namespace {

TEST(CountBits, CountsAsOneBitAfterTheOtherDoes) {
  Rng rng(3);
  for (const std::int64_t columns : {1, 7, 8, 63, 64, 65, 300, 1024, 1500})
    for (const std::int64_t rows : {1, 32, 254, 255, 256, 600}) {
      const std::int64_t stride = (columns + 7) / 8 + columns % 3;
      std::vector<std::uint8_t> bits(static_cast<std::size_t>(rows * stride));
      for (std::uint8_t& byte : bits) byte = static_cast<std::uint8_t>(rng.below(2) ? 255 : rng.below(256));
      std::vector<std::int64_t> counts(static_cast<std::size_t>(columns), 5), expected = counts;
      for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t j = 0; j < columns; ++j)
          expected[static_cast<std::size_t>(j)] += bits[static_cast<std::size_t>(r * stride + j / 8)] >> (j % 8) & 1;
      count_bits(bits.data(), rows, stride, columns, counts.data());
      EXPECT_EQ(counts, expected) << rows << " x " << columns;
    }
}

}  // namespace
}  // namespace relume::kernels
