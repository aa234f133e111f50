#include "relume/base/rng.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace relume {
namespace {

using ::testing::ElementsAre;

TEST(Philox, GivesTheAuthorsKnownAnswers) {
  // Random123's kat_vectors for philox4x32-10.
  EXPECT_THAT(philox(0, 0, 0), ElementsAre(0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u));
  EXPECT_THAT(philox(~0ull, ~0ull, ~0ull), ElementsAre(0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu));
  EXPECT_THAT(philox(0x299f31d0a4093822u, 0x85a308d3243f6a88u, 0x0370734413198a2eu),
              ElementsAre(0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u));
}

TEST(Rng, GoesOnFromItsStateAtAnyPlace) {
  for (int drawn = 0; drawn < 5; ++drawn) {
    Rng rng(9, 4);
    for (int i = 0; i < drawn; ++i) rng.bits();
    Rng copy = Rng::restore(rng.state());
    for (int i = 0; i < 5; ++i) EXPECT_EQ(rng.bits(), copy.bits()) << drawn;
  }
}

TEST(Rng, DrawsUniformAndNormalNumbers) {
  Rng rng(1);
  double mean = 0, square = 0, normal_mean = 0, normal_square = 0, fourth = 0;
  constexpr int n = 200'000;
  for (int i = 0; i < n; ++i) {
    const double u = rng.uniform(), z = rng.normal();
    ASSERT_TRUE(u >= 0 && u < 1);
    mean += u / n;
    square += u * u / n;
    normal_mean += z / n;
    normal_square += z * z / n;
    fourth += z * z * z * z / n;
  }
  EXPECT_NEAR(mean, 0.5, 0.005);
  EXPECT_NEAR(square, 1.0 / 3, 0.005);
  EXPECT_NEAR(normal_mean, 0, 0.01);
  EXPECT_NEAR(normal_square, 1, 0.02);
  EXPECT_NEAR(fourth, 3, 0.1);
}

TEST(Rng, ShufflesEveryItemToEveryPlaceAlike) {
  Rng rng(2);
  std::vector<int> seen(25);
  for (int i = 0; i < 25'000; ++i) {
    std::vector<std::int64_t> items = {0, 1, 2, 3, 4};
    rng.shuffle(items);
    for (std::size_t k = 0; k < 5; ++k) ++seen[k * 5 + static_cast<std::size_t>(items[k])];
  }
  for (const int count : seen) EXPECT_NEAR(count, 5000, 350);
}

TEST(Rng, ForksIntoStreamsOfTheirOwn) {
  const Rng rng(3);
  Rng a = rng.fork(1), b = rng.fork(2), again = rng.fork(1);
  const auto first = a.bits();
  EXPECT_EQ(first, again.bits());
  EXPECT_NE(first, b.bits());
}

}  // namespace
}  // namespace relume
