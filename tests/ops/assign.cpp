// Writing in place while gradients are recorded: what is refused, and whole numbers that stay whole.
#include "relume/ops/assign.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/autograd/grad_mode.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/pointwise.h"
#include "relume/ops/reduce.h"

namespace relume {
namespace {

using ::testing::ElementsAre;

TEST(Assign, IsRefusedWhereALeafWouldLoseItsGradient) {
  const Tensor leaf = ones({3}, {float32, true});
  EXPECT_THROW(assign(leaf, zeros({3}), "test"), ValueError);
  EXPECT_THROW(assign(leaf.slice(0, 0, 2), zeros({2}), "test"), ValueError);
  const NoGradGuard guard;
  assign(leaf, zeros({3}), "test");
  EXPECT_THAT(leaf.to_vector<float>(), ElementsAre(0, 0, 0));
}

TEST(Assign, IsRefusedWhereOthersLookOntoTheMemory) {
  const Tensor leaf = ones({3}, {float32, true}), y = leaf * 2, view = y.slice(0, 0, 2);
  EXPECT_THROW(assign(y, leaf * 3, "test"), ValueError);
  EXPECT_THROW(assign(ones({1}).expand({3}), zeros({3}), "test"), ValueError);
  EXPECT_THAT(y.to_vector<float>(), ElementsAre(2, 2, 2));
}

TEST(Assign, IsNoticedByWhatWasSavedBefore) {
  const Tensor leaf = ones({3}, {float32, true}), y = leaf * 2, square = y * y;
  assign(y, zeros({3}), "test");
  EXPECT_THROW(sum(square).backward(), ValueError);
}

TEST(Pow, OfIntegersWrapsAroundAndEnds) {
  const Tensor base = tensor({2, 3, -1, 0, 2}), exponent = from_vector<std::int64_t>({10, 40, 1000000000001, 0, -1});
  EXPECT_THAT(pow(base, exponent).to_vector<std::int64_t>(),
              ElementsAre(1024, static_cast<std::int64_t>(12157665459056928801ULL), -1, 1, 0));
}

TEST(Clamp, LeavesIntegersWhole) {
  const std::int64_t large = std::numeric_limits<std::int64_t>::max();
  const Tensor y = clamp(from_vector<std::int64_t>({-5, 3, large}), 0);
  EXPECT_EQ(y.dtype(), int64);
  EXPECT_THAT(y.to_vector<std::int64_t>(), ElementsAre(0, 3, large));
}

}  // namespace
}  // namespace relume
