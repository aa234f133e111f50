#include "relume/tensor/tensor.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/rng.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/comparison.h"
#include "tests/reference/message_of.h"
#include "tests/reference/stored.h"

namespace relume {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Tensor, TakesItsTypeFromItsNumbersAsPyTorchDoes) {
  EXPECT_EQ(tensor({-2, -1, 0, 1, 2}).dtype(), int64);
  EXPECT_EQ(tensor({1.5, 2.0}).dtype(), float32);
  EXPECT_EQ(tensor({true, false}).dtype(), bool_);
  EXPECT_EQ(tensor({{1, 2}, {3, 4}}, float64).shape(), (Shape{2, 2}));
  EXPECT_THROW(tensor({{1.0, 2.0}, {3.0}}), ShapeError);
}

TEST(Tensor, CountsWithArangeAndLinspace) {
  EXPECT_THAT(arange(1, 6, 2).to_vector<std::int64_t>(), ElementsAre(1, 3, 5));
  EXPECT_THAT(arange(1, 0, -0.5, float32).to_vector<float>(), ElementsAre(1, 0.5f));
  EXPECT_THAT(linspace(0, 1, 5).to_vector<float>(), ElementsAre(0, 0.25f, 0.5f, 0.75f, 1));
  EXPECT_THAT(linspace(-2, 7, 1).to_vector<float>(), ElementsAre(-2));
  EXPECT_THROW(arange(0, 3, -1), ValueError);
  EXPECT_THROW(arange(0, 3, 0), ValueError);
}

TEST(Tensor, SharesMemoryWhenCopiedAndNotWhenCloned) {
  const Tensor a = zeros({2});
  Tensor b = a, c = a.clone();
  b.fill_(1);
  EXPECT_THAT(a.to_vector<float>(), ElementsAre(1, 1));
  EXPECT_THAT(c.to_vector<float>(), ElementsAre(0, 0));
}

TEST(Tensor, LooksOntoMemoryOfOthersAndTellsThemWhenItIsDone) {
  std::vector<float> memory = {1, 2, 3, 4};
  int deleted = 0;
  {
    Tensor t = from_blob(memory.data(), {2, 2}, float32, [&](void* data) { deleted += data == memory.data(); });
    Tensor row = t[1];
    t = Tensor();
    EXPECT_EQ(deleted, 0);
    row.fill_(9);
  }
  EXPECT_EQ(deleted, 1);
  EXPECT_THAT(memory, ElementsAre(1, 2, 9, 9));
}

TEST(Tensor, RefusesWhatItCannotDo) {
  const Tensor t = zeros({2, 3});
  EXPECT_THROW(t.data<double>(), DTypeError);
  EXPECT_THROW(t.item<float>(), ValueError);
  EXPECT_THROW(t.size(2), IndexError);
  EXPECT_THROW(t[2], IndexError);
  EXPECT_THROW(t.reshape({4, -1}), ShapeError);
  EXPECT_THROW(t.reshape({-1, -1}), ShapeError);
  EXPECT_THROW(t.permute({0, 0}), ValueError);
  EXPECT_THROW(t.expand({3, 3}), ShapeError);
  EXPECT_THROW(t.t().view({6}), ShapeError);
  EXPECT_THROW(zeros({-1}), ShapeError);
  EXPECT_THROW(t.slice(0, 0, 2, 0), ValueError);
  EXPECT_THAT(message_of<ShapeError>([&] { t + zeros({4}); }), HasSubstr("add: [2, 3] and [4]"));
}

TEST(Tensor, ConvertsBetweenAllTypes) {
  for (const DType from : {float32, float64, float16, bfloat16, int8, int16, int32, int64, uint8})
    for (const DType to : {float32, float64, float16, bfloat16, int8, int16, int32, int64, uint8}) {
      const Tensor t = tensor({0, 1, 100}).to(from).to(to);
      EXPECT_EQ(t.dtype(), to);
      EXPECT_THAT(t.to_vector<double>(), ElementsAre(0, 1, 100)) << name(from) << " " << name(to);
    }
  EXPECT_THAT(tensor({0.0, 0.5, -2.0}).to(bool_).to_vector<bool>(), ElementsAre(false, true, true));
}

TEST(Tensor, IsRoundedToTheNearestHalf) {
  EXPECT_EQ(scalar(65519.0).to(float16).item<double>(), 65504);
  EXPECT_TRUE(std::isinf(scalar(65520.0).to(float16).item<double>()));
  EXPECT_EQ(scalar(1.0 + 0x1p-11).to(float16).item<double>(), 1);
  EXPECT_EQ(scalar(1.0 + 3 * 0x1p-11).to(float16).item<double>(), 1 + 0x1p-9);
  EXPECT_EQ(scalar(0x1p-24).to(float16).item<double>(), 0x1p-24);
  EXPECT_EQ(scalar(1.0 + 0x1p-8).to(bfloat16).item<double>(), 1);
}

TEST(Tensor, DrawsTheSameNumbersForTheSameSeed) {
  manual_seed(3);
  const Tensor a = randn({100}), b = rand({100});
  manual_seed(3);
  EXPECT_TRUE(equal(a, randn({100})));
  EXPECT_TRUE(equal(b, rand({100})));
  for (const float u : rand({10000}).span<float>()) ASSERT_TRUE(u >= 0 && u < 1);
}

TEST(TensorOfNumbers, MayHoldSeveralTypes) {
  EXPECT_EQ(to_string(tensor({1.0, NAN})), "tensor([1., nan])");
  EXPECT_EQ(to_string(tensor({1, 2.5F, 3L})), "tensor([1.0000, 2.5000, 3.0000])");
  const Tensor whole = tensor({std::int64_t{1} << 60, 1});
  EXPECT_EQ(whole.dtype(), int64);
  EXPECT_EQ(whole[0].item<std::int64_t>(), std::int64_t{1} << 60);
  EXPECT_EQ(tensor({true, 2}).dtype(), int64);
  EXPECT_EQ(tensor({1.0, NAN}, {float64, true}).dtype(), float64);
  EXPECT_TRUE(tensor({1.0, NAN}, {float64, true}).requires_grad());
  EXPECT_EQ(tensor({}).elements(), 0);
}

TEST(TypePromotion, IsPyTorchs) {
  const nlohmann::json tables = stored_json("tables");
  const auto pair = [](const std::string& key) {
    const std::size_t space = key.find(' ');
    return std::pair(dtype_from_name(key.substr(0, space)), dtype_from_name(key.substr(space + 1)));
  };
  for (const auto& [key, expected] : tables.at("promote").items()) {
    const auto [a, b] = pair(key);
    EXPECT_EQ(name(promote(a, b)), expected.get<std::string>()) << key;
    EXPECT_EQ(name((ones({2}, a) + ones({2}, b)).dtype()), expected.get<std::string>()) << key;
  }
  for (const auto& [key, expected] : tables.at("scalar_tensor").items()) {
    const auto [a, b] = pair(key);
    EXPECT_EQ(name((ones({2}, a) + ones({}, b)).dtype()), expected.get<std::string>()) << key;
  }
  for (const auto& [key, expected] : tables.at("divide").items()) {
    const auto [a, b] = pair(key);
    EXPECT_EQ(name((ones({2}, a) / ones({2}, b)).dtype()), expected.get<std::string>()) << key;
  }
  for (const auto& [key, expected] : tables.at("integer").items())
    EXPECT_EQ(name((ones({2}, dtype_from_name(key)) * 2).dtype()), expected.get<std::string>()) << key;
  for (const auto& [key, expected] : tables.at("real").items())
    EXPECT_EQ(name((ones({2}, dtype_from_name(key)) * 0.5).dtype()), expected.get<std::string>()) << key;
}

}  // namespace
}  // namespace relume
