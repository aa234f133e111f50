// Activations called by their names: for a number, for a row of numbers, for a tensor, as a module.
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/pool.h"
#include "relume/base/rng.h"
#include "relume/nn/activations.h"
#include "relume/nn/linear.h"
#include "relume/nn/sequential.h"
#include "relume/ops/activation.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/comparison.h"
#include "relume/ops/pointwise.h"
#include "relume/ops/reduce.h"
#include "relume/ops/statistics.h"
#include "tests/reference/message_of.h"
#include "tests/reference/stored.h"

namespace relume {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

TEST(ActivationOfANumber, StaysAWholeNumberWhereTheActivationTakesThem) {
  static_assert(std::is_same_v<decltype(relu(-5)), int>);
  static_assert(std::is_same_v<decltype(relu(std::int64_t{1})), std::int64_t>);
  static_assert(std::is_same_v<decltype(relu(1.0f)), float>);
  static_assert(std::is_same_v<decltype(elu(-1)), double>);
  static_assert(std::is_same_v<decltype(leaky_relu(-5, 0.2)), double>);
  EXPECT_EQ(relu(-5), 0);
  EXPECT_EQ(relu(7), 7);
  EXPECT_EQ(relu(std::numeric_limits<int>::min()), 0);
  EXPECT_EQ(relu6(100), 6);
  EXPECT_EQ(relu(std::int8_t{-128}), 0);
  EXPECT_EQ(relu(200u), 200u);
  EXPECT_DOUBLE_EQ(elu(-1), std::expm1(-1.0));
  EXPECT_EQ(relu(true), 1.0);
}

TEST(ActivationOfANumber, TakesItsParametersInTheirOrder) {
  EXPECT_DOUBLE_EQ(leaky_relu(-5, 0.2), -1.0);
  EXPECT_DOUBLE_EQ(leaky_relu(-5.0), -0.05);
  EXPECT_DOUBLE_EQ(hardtanh(9.0, -2, 3), 3.0);
  EXPECT_DOUBLE_EQ(general_relu(9.0, 0.1, 6), 6.0);
  EXPECT_EQ(threshold(1, 3, 20), 20);
}

TEST(ActivationOfANumber, KeepsNaNAndTurnsMinusZeroIntoZero) {
  EXPECT_TRUE(std::isnan(relu(nan)));
  EXPECT_TRUE(std::isnan(gelu(static_cast<double>(nan))));
  EXPECT_FALSE(std::signbit(relu(-0.0)));
  EXPECT_FALSE(std::signbit(relu(-0.0f)));
}

TEST(ActivationOfARow, WritesEachValueAlsoInPlace) {
  std::vector<float> x = {-2, -1, 0, 1, nan}, y(5);
  leaky_relu(x, y, 0.5);
  EXPECT_THAT(std::vector<float>(y.begin(), y.begin() + 4), ElementsAre(-1.0f, -0.5f, 0.0f, 1.0f));
  EXPECT_TRUE(std::isnan(y[4]));
  std::vector<double> wide = {-3, 0.5, 9};
  relu6(wide, wide);
  EXPECT_THAT(wide, ElementsAre(0.0, 0.5, 6.0));
}

TEST(ActivationOfARow, RefusesLengthsThatDiffer) {
  const std::vector<float> x(3);
  std::vector<float> y(2);
  EXPECT_THAT(message_of<ShapeError>([&] { relu(x, y); }), AllOf(HasSubstr("relu"), HasSubstr("3"), HasSubstr("2")));
}

TEST(ActivationOfATensor, KeepsShapeAndDtype) {
  const Tensor whole = relu(tensor({-2, -1, 0, 1, 2}));
  EXPECT_EQ(whole.dtype(), int64);
  EXPECT_THAT(whole.to_vector<std::int64_t>(), ElementsAre(0, 0, 0, 1, 2));
  const Tensor matrix = leaky_relu(tensor({{-1, 2}, {3, -4}}), 0.5);
  EXPECT_EQ(matrix.shape(), (Shape{2, 2}));
  EXPECT_THAT(matrix.to_vector<float>(), ElementsAre(-0.5f, 2.0f, 3.0f, -2.0f));
  EXPECT_EQ(relu(tensor({-1.0, 1.0}).to(bfloat16)).dtype(), bfloat16);
  EXPECT_EQ(relu(empty({0, 3})).shape(), (Shape{0, 3}));
}

TEST(ActivationOfATensor, WorksOnATransposedView) {
  const Tensor x = tensor({{-1, 2, -3}, {4, -5, 6}});
  EXPECT_THAT(relu(x.t()).to_vector<float>(), ElementsAre(0.0f, 4.0f, 2.0f, 0.0f, 0.0f, 6.0f));
}

TEST(ActivationOfATensor, HasAGradientWithItsOwnParameters) {
  const Tensor x = tensor({-2.0, 3.0}).requires_grad_();
  sum(leaky_relu(x, 0.25)).backward();
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(0.25f, 1.0f));
}

TEST(ActivationOfATensor, RefusesIntegersWhereTheFormulaNeedsFractions) {
  EXPECT_THAT(message_of<DTypeError>([] { elu(tensor({1, 2})); }), AllOf(HasSubstr("elu"), HasSubstr("int64")));
}

TEST(ActivationModule, IsTheFunctionWithItsParameters) {
  const Tensor x = tensor({-2.0, 3.0});
  nn::ReLU relu_module;
  nn::LeakyReLU leaky(0.5);
  EXPECT_THAT(relu_module(x).to_vector<float>(), ElementsAre(0.0f, 3.0f));
  EXPECT_THAT(leaky(x).to_vector<float>(), ElementsAre(-1.0f, 3.0f));
  EXPECT_THAT(nn::Activate("elu(0.5)")(x).to_vector<float>(), ElementsAre(static_cast<float>(elu(-2.0, 0.5)), 3.0f));
  EXPECT_EQ(leaky.describe(), "LeakyReLU(negative_slope=0.5)");
  EXPECT_EQ(relu_module.describe(), "ReLU()");
  EXPECT_THROW(nn::ELU(-1), ValueError);
}

TEST(ActivationModule, PReLULearnsItsSlope) {
  nn::PReLU prelu_module(2);
  const Tensor y = prelu_module(tensor({{-4, 1}, {2, -8}}));
  EXPECT_THAT(y.to_vector<float>(), ElementsAre(-1.0f, 1.0f, 2.0f, -2.0f));
  sum(y).backward();
  EXPECT_THAT(prelu_module.weight.grad().to_vector<float>(), ElementsAre(-4.0f, -8.0f));
}

TEST(ActivationAlong, HalvesOrDoublesADimensionAsPyTorchDoes) {
  const io::SafeTensors file = stored_tensors("activations");
  for (const char* name : {"glu", "reglu", "geglu", "swiglu", "crelu"}) {
    const Tensor x = stored(file, "halves").clone().requires_grad_();
    const Tensor y = activate(Activation(name), x, -1);
    EXPECT_TRUE(allclose(y, stored(file, std::string(name) + " value"), 1e-12, 1e-14)) << name;
    sum(y).backward();
    EXPECT_TRUE(allclose(x.grad(), stored(file, std::string(name) + " derivative"), 1e-12, 1e-14)) << name;
    EXPECT_TRUE(equal(activate(Activation(name), x.t(), 0), y.t())) << name;
  }
  EXPECT_TRUE(equal(swiglu(tensor({2.0, 3.0})), tensor({2.0 * silu(3.0f)})));
  EXPECT_EQ(crelu(ones({2, 3}), 0).shape(), (Shape{4, 3}));
}

TEST(ActivationAlong, SaysWhatDoesNotFit) {
  EXPECT_THAT(message_of<ShapeError>([] { glu(ones({2, 5})); }), AllOf(HasSubstr("glu"), HasSubstr("5")));
  EXPECT_THROW(glu(ones({2, 4}), 2), IndexError);
  EXPECT_THROW(crelu(ones({})), IndexError);
  EXPECT_THROW(softmax(ones({2, 4}), -3), IndexError);
}

TEST(ActivationAlong, LogSoftmaxIsStableForHugeInputsAlongEveryDimension) {
  const Tensor x = randn({3, 4, 5}, float64) * 100 + 1e5;
  for (const int dimension : {0, 1, 2}) {
    const Tensor y = log_softmax(x, dimension);
    EXPECT_TRUE(allclose(sum(exp(y), {dimension}), ones(sum(y, {dimension}).shape(), float64), 1e-12));
    EXPECT_TRUE(allclose(exp(y), softmax(x, dimension), 1e-12));
    EXPECT_EQ(y.shape(), x.shape());
  }
  EXPECT_EQ(log_softmax(full({}, 3.5), 0).item<double>(), 0.0);
}

TEST(RandomLeakyRelu, DrawsEachSlopeInTrainingAndTakesTheMeanInEvaluation) {
  manual_seed(3);
  nn::RReLU module(0.25, 0.5);
  const Tensor x = full({10000}, -2.0).requires_grad_();
  const Tensor y = module(x);
  const Tensor slopes = y.detach() / -2.0;
  EXPECT_GE(min(slopes).item<double>(), 0.25);
  EXPECT_LE(max(slopes).item<double>(), 0.5);
  EXPECT_NEAR(mean(slopes).item<double>(), 0.375, 5 * 0.25 / std::sqrt(12.0 * 10000));
  EXPECT_NEAR(stddev(slopes).item<double>(), 0.25 / std::sqrt(12.0), 0.003);
  sum(y).backward();
  EXPECT_TRUE(allclose(x.grad(), slopes));
  EXPECT_THAT(module(tensor({3.0})).to_vector<float>(), ElementsAre(3.0f));
  module.eval();
  EXPECT_THAT(module(tensor({-2.0, 3.0})).to_vector<float>(), ElementsAre(-0.75f, 3.0f));
  EXPECT_THAT(message_of<ValueError>([&] { random_leaky_relu(x, 0.5, 0.25); }), HasSubstr("lower is 0.5"));
}

TEST(RandomLeakyRelu, IsNotFusedAwayInTraining) {
  manual_seed(4);
  nn::Sequential net{nn::Linear(3, 400), nn::RReLU(0.1, 0.9)};
  const Tensor x = ones({1, 3});
  EXPECT_FALSE(equal(net(x), net(x)));
  net.eval();
  EXPECT_TRUE(equal(net(x), net(x)));
}

TEST(InPlace, HappensOnATemporaryThatNobodyElseHolds) {
  Tensor x = tensor({-1.0, 2.0});
  const void* memory = x.raw_data();
  const Tensor y = relu(std::move(x));
  EXPECT_EQ(y.raw_data(), memory);
  EXPECT_THAT(y.to_vector<float>(), ElementsAre(0.0f, 2.0f));
}

TEST(InPlace, DoesNotHappenWhereSomebodyWouldNotice) {
  const auto untouched = [](Tensor x, const Tensor& other) {
    relu(std::move(x));
    return other.to_vector<float>() == std::vector<float>{-1.0f, 2.0f};
  };
  const Tensor held = tensor({-1.0, 2.0});
  EXPECT_TRUE(untouched(held, held));
  EXPECT_TRUE(untouched(held.reshape({2}), held));
  Tensor leaf = tensor({-1.0, 2.0}).requires_grad_();
  const Tensor memory = leaf.detach();
  EXPECT_TRUE(untouched(std::move(leaf), memory));
}

TEST(InPlace, LeavesWhatBackwardNeeds) {
  const auto gradient = [](const auto& f) {
    const Tensor x = tensor({-1.0, 0.5, 2.0}).requires_grad_();
    sum(f(x)).backward();
    return x.grad().to_vector<float>();
  };
  const auto same = [&](const auto& temporaries, const auto& held) {
    EXPECT_EQ(gradient(temporaries), gradient(held));
  };
  same([](const Tensor& x) { return relu(exp(x)); },
       [](const Tensor& x) {
         const Tensor y = exp(x);
         return relu(y);
       });
  same([](const Tensor& x) { return silu(x * 3.0); },
       [](const Tensor& x) {
         const Tensor y = x * 3.0;
         return silu(y);
       });
  same([](const Tensor& x) { return tanh(relu(x * 2.0)); },
       [](const Tensor& x) {
         const Tensor y = x * 2.0, z = relu(y);
         return tanh(z);
       });
}

/// Bytes that a call leaves behind beside its output, an element.
double kept_bytes(const Activation& f) {
  constexpr std::int64_t n = 1 << 16;
  const Tensor x = randn({n}).requires_grad_();
  const Tensor z = x * 1.0;
  const std::int64_t before = pool::live_bytes();
  const Tensor y = activate(f, z);
  return static_cast<double>(pool::live_bytes() - before - static_cast<std::int64_t>(y.bytes())) / n;
}

TEST(MemoryForBackward, IsABitAnElementForTheReluKindsAndNothingBesideTheOutputForOthers) {
  constexpr double book_keeping = 0.02;
  for (const activation::Entry& entry : activation::table()) {
    if (entry.kind != activation::Kind::elementwise) continue;
    const double expected = entry.saves == activation::Saves::mask ? 0.125 : 0.0;
    EXPECT_NEAR(kept_bytes(Activation(entry)), expected, book_keeping) << entry.info.name;
  }
  for (const char* name : {"relu", "leaky_relu", "relu6", "hardtanh"})
    EXPECT_EQ(activation::find(name)->saves, activation::Saves::mask) << name;
  for (const char* name : {"sigmoid", "tanh"})
    EXPECT_EQ(activation::find(name)->saves, activation::Saves::output) << name;
}

}  // namespace
}  // namespace relume
