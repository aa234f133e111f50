#include "relume/ops/statistics.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/autograd/gradcheck.h"
#include "relume/base/error.h"
#include "relume/ops/arithmetic.h"

namespace relume {
namespace {

using testing::DoubleEq;
using testing::DoubleNear;
using testing::ElementsAre;

const double infinity = HUGE_VAL;

Tensor sample() { return tensor({{1, 2, 4}, {-3, 0.5, 8}}, DType::float64); }

TEST(Variance, IsThatOfTheDefinition) {
  // (1 − 7/3)² + (2 − 7/3)² + (4 − 7/3)² = 14/3, and so for the second row.
  const double first = 14.0 / 3, mean = 5.5 / 3;
  const double second = std::pow(-3 - mean, 2) + std::pow(0.5 - mean, 2) + std::pow(8 - mean, 2);
  EXPECT_THAT(var(sample(), {1}).to_vector<double>(),
              ElementsAre(DoubleNear(first / 2, 1e-12), DoubleNear(second / 2, 1e-12)));
  EXPECT_THAT(var(sample(), {1}, 0).to_vector<double>(),
              ElementsAre(DoubleNear(first / 3, 1e-12), DoubleNear(second / 3, 1e-12)));
  EXPECT_THAT(stddev(sample(), {-1}).to_vector<double>(),
              ElementsAre(DoubleNear(std::sqrt(first / 2), 1e-12), DoubleNear(std::sqrt(second / 2), 1e-12)));
  EXPECT_EQ(var(sample(), {0}, 1, true).shape(), (Shape{1, 3}));
  EXPECT_EQ(var(sample()).shape(), Shape{});
  EXPECT_TRUE(std::isnan(var(tensor({1.0})).item<double>()));
  EXPECT_THROW(var(tensor({1, 2})), DTypeError);
  EXPECT_THROW(var(sample(), {2}), IndexError);
}

TEST(Norm, IsEuclid) {
  EXPECT_THAT(norm(tensor({{3, 4}, {0, 0}}, DType::float64), {1}).to_vector<double>(), ElementsAre(5, 0));
  const Tensor zero = zeros({3}, DType::float64).requires_grad_();
  norm(zero).backward();
  EXPECT_THAT(zero.grad().to_vector<double>(), ElementsAre(0, 0, 0));
}

TEST(Logsumexp, StaysFiniteForLargeInputs) {
  EXPECT_THAT(logsumexp(tensor({{1000, 1000}, {-1000, -1000}}, DType::float64), {1}).to_vector<double>(),
              ElementsAre(DoubleEq(1000 + std::log(2)), DoubleEq(-1000 + std::log(2))));
  EXPECT_EQ(logsumexp(tensor({-infinity, -infinity})).item<double>(), -infinity);
  EXPECT_EQ(logsumexp(tensor({infinity, 0.0})).item<double>(), infinity);
  EXPECT_NEAR(logsumexp(sample()).item<double>(),
              std::log(std::exp(1) + std::exp(2) + std::exp(4) + std::exp(-3) + std::exp(0.5) + std::exp(8)), 1e-12);
}

TEST(Statistics, GradientsAgreeWithDifferences) {
  using Inputs = std::vector<Tensor>;
  const Inputs x = {sample().requires_grad_()};
  for (const Shape& along : {Shape{}, Shape{0}, Shape{1}, Shape{0, 1}})
    for (const bool keep : {false, true}) {
      EXPECT_EQ(gradcheck([&](const Inputs& in) { return var(in[0], along, 1, keep); }, x), "");
      EXPECT_EQ(gradcheck([&](const Inputs& in) { return stddev(in[0], along, 0, keep); }, x), "");
      EXPECT_EQ(gradcheck([&](const Inputs& in) { return norm(in[0], along, keep); }, x), "");
      EXPECT_EQ(gradcheck([&](const Inputs& in) { return logsumexp(in[0], along, keep); }, x), "");
    }
}

TEST(Power, HasNoGradientWhereItIsFlat) {
  const Tensor zero = tensor({0.0, 0.0, 2.0}, DType::float64).requires_grad_();
  pow(zero, tensor({0.0, 2.0, 0.0}, DType::float64)).backward(ones({3}, DType::float64));
  EXPECT_THAT(zero.grad().to_vector<double>(), ElementsAre(0, 0, 0));
  const Tensor exponent = tensor({0.0, 2.0}, DType::float64).requires_grad_();
  pow(tensor({0.0, 0.0}, DType::float64), exponent).backward(ones({2}, DType::float64));
  EXPECT_THAT(exponent.grad().to_vector<double>(), ElementsAre(0, 0));
}

TEST(TensorOfRows, IsAMatrixEvenWithOneColumn) {
  EXPECT_EQ(tensor({{1}, {-1}}).shape(), (Shape{2, 1}));
  EXPECT_EQ(tensor({1, -1}).dtype(), DType::int64);
  EXPECT_EQ(tensor({true, false}).dtype(), DType::bool_);
  EXPECT_EQ(tensor({1.5f, 2.5f}).dtype(), DType::float32);
}

}  // namespace
}  // namespace relume
