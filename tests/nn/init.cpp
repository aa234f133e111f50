#include "relume/nn/init.h"

#include <cmath>

#include <gtest/gtest.h>

#include "relume/ops/activation.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/comparison.h"
#include "relume/ops/index.h"
#include "relume/ops/linear.h"
#include "relume/ops/matmul.h"
#include "relume/ops/pointwise.h"
#include "relume/ops/reduce.h"

namespace relume::nn::init {
namespace {

double mean_square(const Tensor& x) { return mean(x * x).item<double>(); }

TEST(Gain, IsTheKnownOne) {
  EXPECT_NEAR(gain(Activation("relu")), std::sqrt(2), 1e-6);
  EXPECT_NEAR(gain(Activation("identity")), 1, 1e-9);
  EXPECT_NEAR(gain(Activation("leaky_relu(0.2)")), std::sqrt(2 / (1 + 0.04)), 1e-6);
  EXPECT_NEAR(gain(Activation("selu")), 1, 1e-5);
}

TEST(Scheme, FitsTheActivation) {
  EXPECT_EQ(scheme_for(Activation("relu")), Scheme::he);
  EXPECT_EQ(scheme_for(Activation("leaky_relu")), Scheme::he);
  EXPECT_EQ(scheme_for(Activation("relu6")), Scheme::he);
  EXPECT_EQ(scheme_for(Activation("selu")), Scheme::lecun);
  EXPECT_EQ(scheme_for(Activation("identity")), Scheme::lecun);
  EXPECT_EQ(scheme_for(Activation("tanh")), Scheme::xavier);
  EXPECT_EQ(scheme_for(Activation("sigmoid")), Scheme::xavier);
}

TEST(Init, DrawsWithPyTorchsDeviations) {
  Rng rng(4);
  const Tensor weight = empty({300, 200});
  const auto expect_variance = [&](double expected) {
    EXPECT_NEAR(mean(weight).item<double>(), 0, 0.02 * std::sqrt(expected));
    EXPECT_NEAR(mean_square(weight), expected, 0.03 * expected);
  };
  const double relu_gain = gain(Activation("relu"));
  kaiming_normal_(weight, relu_gain, rng);
  expect_variance(2.0 / 200);
  kaiming_uniform_(weight, relu_gain, rng);
  expect_variance(2.0 / 200);
  EXPECT_LE(max(abs(weight)).item<double>(), std::sqrt(6.0 / 200));
  xavier_normal_(weight, 2, rng);
  expect_variance(4 * 2.0 / 500);
  xavier_uniform_(weight, 1, rng);
  expect_variance(2.0 / 500);
  lecun_normal_(weight, rng);
  expect_variance(1.0 / 200);
}

TEST(Init, MakesRowsOrColumnsOrthogonal) {
  for (const Shape& shape : {Shape{5, 9}, Shape{9, 5}, Shape{6, 6}}) {
    const Tensor w = empty(shape, float64);
    orthogonal_(w, 3);
    const Tensor product = shape[0] <= shape[1] ? matmul(w, w.t()) : matmul(w.t(), w);
    const std::int64_t n = product.size(0);
    EXPECT_TRUE(allclose(product, one_hot(arange(0, static_cast<double>(n)), n).to(float64) * 9, 1e-12, 1e-12));
  }
  EXPECT_THROW(orthogonal_(zeros({3})), ShapeError);
}

TEST(Apply, DrawsNormalWeightsOfTheSchemesDeviation) {
  Rng rng(1);
  const Tensor weight = empty({300, 200});
  const auto check = [&](Scheme scheme, double expected) {
    apply(scheme, weight, std::sqrt(2), rng);
    EXPECT_NEAR(mean(weight).item<double>(), 0, 0.02 * std::sqrt(expected));
    EXPECT_NEAR(mean_square(weight), expected, 0.03 * expected);
  };
  check(Scheme::he, 2.0 / 250);  // the mean of inputs and outputs
  check(Scheme::xavier, 2.0 / 500);
  check(Scheme::lecun, 1.0 / 200);
}

TEST(Apply, KeepsTheScaleOfActivationsThroughManyLayers) {
  for (const char* name : {"relu", "leaky_relu(0.3)", "elu", "selu", "identity"}) {
    Rng rng(2);
    const Activation f(name);
    manual_seed(3);
    Tensor x = randn({64, 256});
    for (int i = 0; i < 20; ++i) {
      const Tensor weight = empty({256, 256});
      apply(scheme_for(f), weight, gain(f), rng);
      x = linear(x, weight, Tensor(), &f);
    }
    EXPECT_GT(mean_square(x), 0.2) << name;
    EXPECT_LT(mean_square(x), 5) << name;
  }
}

TEST(Apply, RefusesWhatIsNoMatrix) {
  Rng rng(1);
  EXPECT_THROW(apply(Scheme::he, empty({3}), 1, rng), ShapeError);
  EXPECT_THROW(normal_(empty({3}, int64), 0, 1, rng), DTypeError);
  EXPECT_THROW(normal_(empty({2, 3}).t(), 0, 1, rng), ValueError);
}

}  // namespace
}  // namespace relume::nn::init
