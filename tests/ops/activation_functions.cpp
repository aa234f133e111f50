// Activations called by their names: for a number, for a row of numbers, for a tensor, as a module.
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/nn/activations.h"
#include "relume/ops/activation.h"
#include "relume/ops/reduce.h"
#include "tests/reference/message_of.h"

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

}  // namespace
}  // namespace relume
