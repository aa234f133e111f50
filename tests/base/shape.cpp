#include "relume/base/shape.h"

#include <gtest/gtest.h>

#include "relume/base/dtype.h"
#include "relume/base/error.h"
#include "tests/reference/message_of.h"

namespace relume {
namespace {

TEST(Shape, CountsFromTheEndForNegativeIndices) {
  const Shape shape = {2, 3, 4};
  EXPECT_EQ(shape[-1], 4);
  EXPECT_EQ(shape.elements(), 24);
  EXPECT_EQ(Shape{}.elements(), 1);
  EXPECT_EQ(to_string(shape), "[2, 3, 4]");
}

TEST(Shape, GrowsAndShrinksAnywhere) {
  Shape shape = {2, 4};
  shape.insert(1, 3);
  EXPECT_EQ(shape, (Shape{2, 3, 4}));
  shape.erase(0);
  EXPECT_EQ(shape, (Shape{3, 4}));
}

TEST(Shape, HoldsEightDimensionsAndNoMore) {
  Shape shape = {1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_THROW(shape.push_back(9), ShapeError);
  EXPECT_THROW((Shape{1, 2, 3, 4, 5, 6, 7, 8, 9}), ShapeError);
}

TEST(Broadcast, FollowsNumPysRule) {
  EXPECT_EQ(broadcast({3, 1}, {1, 4}, "add"), (Shape{3, 4}));
  EXPECT_EQ(broadcast({}, {2}, "add"), (Shape{2}));
  EXPECT_EQ(broadcast({4}, {2, 3, 1}, "add"), (Shape{2, 3, 4}));
  EXPECT_EQ(broadcast({1}, {0}, "add"), (Shape{0}));
  EXPECT_EQ(message_of<ShapeError>([] {
              broadcast({2, 3}, {4}, "add");
            }),
            "add: [2, 3] and [4] do not broadcast to one shape");
  EXPECT_THROW(broadcast({2}, {0}, "add"), ShapeError);
}

TEST(DType, IsFoundByTheNameThatItPrints) {
  for (const DType dtype : {float32, float64, float16, bfloat16, int8, int16, int32, int64, uint8, bool_})
    EXPECT_EQ(dtype_from_name(name(dtype)), dtype);
  EXPECT_THROW(dtype_from_name("float"), ValueError);
}

}  // namespace
}  // namespace relume
