#include "relume/base/nearest.h"

#include <gtest/gtest.h>

namespace relume {
namespace {

TEST(Nearest, CountsTheLettersToChange) {
  EXPECT_EQ(edit_distance("", "relu"), 4u);
  EXPECT_EQ(edit_distance("relu", "relu"), 0u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("ReLU", "relu"), 0u);
}

TEST(Nearest, IsTheFirstOfTheNearestWords) {
  EXPECT_EQ(nearest("lienar", {"relu", "linear", "flatten"}), "linear");
  EXPECT_EQ(nearest("reluu", {"relu6", "relu"}), "relu6");
}

TEST(Nearest, IsTheWordThatContainsIt) {
  EXPECT_EQ(nearest("slope", {"alpha", "negative_slope"}), "negative_slope");
  EXPECT_EQ(nearest("lo", {"alpha", "negative_slope"}), "");
}

TEST(Nearest, IsNothingWhereNoWordIsNear) {
  EXPECT_EQ(nearest("convolution", {"relu", "linear"}), "");
  EXPECT_EQ(nearest("relu", {}), "");
  EXPECT_EQ(did_you_mean("convolution", {"relu"}), "");
  EXPECT_EQ(did_you_mean("rleu", {"relu"}), " (did you mean \"relu\"?)");
}

TEST(Nearest, TakesHugeWordsInItsStride) {
  const std::string huge(1 << 20, 'x');
  EXPECT_EQ(nearest(huge, {"relu", huge}), huge);
}

}  // namespace
}  // namespace relume
