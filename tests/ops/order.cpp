#include "relume/ops/order.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "relume/autograd/gradcheck.h"
#include "relume/base/error.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/join.h"
#include "relume/ops/reduce.h"

namespace relume {
namespace {

using testing::ElementsAre;

const double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<std::int64_t> whole(const Tensor& t) { return t.to_vector<std::int64_t>(); }

RC_GTEST_PROP(Sort, IsAStableSort, (const std::vector<std::int8_t>& given, bool descending)) {
  const std::vector<std::int64_t> values(given.begin(), given.end());
  std::vector<std::int64_t> expected(values.size());
  std::iota(expected.begin(), expected.end(), 0);
  std::stable_sort(expected.begin(), expected.end(), [&](std::int64_t a, std::int64_t b) {
    const std::int64_t u = values[static_cast<std::size_t>(a)], v = values[static_cast<std::size_t>(b)];
    return descending ? u > v : u < v;
  });
  const Ordered sorted = sort(from_vector(values), -1, descending);
  RC_ASSERT(whole(sorted.indices) == expected);
  for (std::size_t i = 0; i < expected.size(); ++i)
    RC_ASSERT(whole(sorted.values)[i] == values[static_cast<std::size_t>(expected[i])]);
}

TEST(Sort, GoesAlongAnyDimensionAndPutsNanLast) {
  const Tensor x = tensor({{3, 1}, {1, 2}, {2, 0}});
  EXPECT_THAT(sort(x, 0).values.to_vector<double>(), ElementsAre(1, 0, 2, 1, 3, 2));
  EXPECT_THAT(whole(sort(x, 0).indices), ElementsAre(1, 2, 2, 0, 0, 1));
  EXPECT_THAT(whole(sort(tensor({1.0, nan, 0.5})).indices), ElementsAre(2, 0, 1));
  EXPECT_THAT(whole(sort(tensor({1.0, nan, 0.5}), -1, true).indices), ElementsAre(1, 0, 2));
  EXPECT_THROW(sort(x, 2), IndexError);
}

TEST(Topk, IsTheBeginningOfTheOrder) {
  const Tensor x = tensor({5, 1, 4, 2, 3});
  EXPECT_THAT(whole(topk(x, 2).values), ElementsAre(5, 4));
  EXPECT_THAT(whole(topk(x, 3, 0, false).indices), ElementsAre(1, 3, 4));
  EXPECT_THROW(topk(x, 6), Error);
}

TEST(Gather, PicksByIndex) {
  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}});
  EXPECT_THAT(gather(x, 1, tensor({{2, 0}, {1, 1}}).to(DType::int64)).to_vector<double>(), ElementsAre(3, 1, 5, 5));
  EXPECT_THAT(gather(x, 0, tensor({{1, 0, 1}}).to(DType::int64)).to_vector<double>(), ElementsAre(4, 2, 6));
  EXPECT_THROW(gather(x, 1, tensor({{3}, {0}}).to(DType::int64)), IndexError);
  EXPECT_THROW(gather(x, 1, tensor({{1.0}, {0.0}})), DTypeError);
  EXPECT_THROW(gather(x, 1, tensor({0, 1})), ShapeError);
}

TEST(MaxAlongADimension, IsTheFirstOfEqualsAndNanWins) {
  const Ordered largest = max(tensor({{1, 7, 7}, {3, 2, 1}}), 1);
  EXPECT_THAT(largest.values.to_vector<double>(), ElementsAre(7, 3));
  EXPECT_THAT(whole(largest.indices), ElementsAre(1, 0));
  EXPECT_THAT(whole(min(tensor({{2.0, nan, 1.0}}), 1).indices), ElementsAre(1));
  EXPECT_EQ(max(tensor({{1, 2}}), 1, true).values.shape(), (Shape{1, 1}));
  EXPECT_THAT(whole(argmin(tensor({{3, 1, 1}, {0, 2, 0}}), 1)), ElementsAre(1, 0));
}

TEST(Split, CutsIntoViewsThatJoinAgain) {
  const Tensor x = arange(0, 10).reshape({5, 2});
  const auto parts = split(x, 2);
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[2].shape(), (Shape{1, 2}));
  EXPECT_EQ(whole(cat(parts)), whole(x));
  EXPECT_THAT(whole(split(x, std::vector<std::int64_t>{1, 4})[1]), ElementsAre(2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_THROW(split(x, 0), ValueError);
  EXPECT_THROW(split(x, std::vector<std::int64_t>{1, 3}), ShapeError);
}

TEST(Order, GradientsGoToWhatWasPicked) {
  const std::vector<Tensor> x = {tensor({{0.3, -1.2, 2.0}, {1.1, 0.4, -0.7}}, DType::float64).requires_grad_()};
  const Tensor index = tensor({{2, 2}, {0, 1}}).to(DType::int64);
  using Inputs = std::vector<Tensor>;
  EXPECT_EQ(gradcheck([&](const Inputs& in) { return gather(in[0], 1, index) * 2; }, x), "");
  EXPECT_EQ(gradcheck([](const Inputs& in) { return sort(in[0], 0).values * in[0]; }, x), "");
  EXPECT_EQ(gradcheck([](const Inputs& in) { return topk(in[0], 2).values; }, x), "");
  EXPECT_EQ(gradcheck([](const Inputs& in) { return max(in[0], 1).values; }, x), "");
  EXPECT_EQ(gradcheck([](const Inputs& in) { return min(in[0], 0, true).values; }, x), "");
  EXPECT_EQ(gradcheck([](const Inputs& in) { return split(in[0], 2, 1)[0] * 3; }, x), "");
}

}  // namespace
}  // namespace relume
