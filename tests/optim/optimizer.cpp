#include "relume/optim/optimizer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/kernels/cpu.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/comparison.h"
#include "relume/ops/reduce.h"
#include "relume/optim/adam.h"
#include "relume/optim/clip.h"
#include "relume/optim/rmsprop.h"
#include "relume/optim/sgd.h"
#include "tests/reference/message_of.h"

namespace relume::optim {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Optimizer, LeavesParametersWithoutAGradientAlone) {
  const Tensor a = ones({2}, {float32, true}), b = ones({2}, {float32, true});
  AdamW adam({a, b}, {.lr = 0.1, .weight_decay = 0.5});
  sum(a).backward();
  adam.step();
  EXPECT_NE(a.to_vector<float>()[0], 1);
  EXPECT_THAT(b.to_vector<float>(), ElementsAre(1, 1));
}

TEST(Optimizer, ForgetsGradients) {
  const Tensor a = ones({2}, {float32, true});
  SGD sgd({a});
  sum(a).backward();
  sgd.zero_grad();
  EXPECT_FALSE(a.grad().defined());
}

TEST(Optimizer, MakesABackwardThatComesTooLateFail) {
  const Tensor a = ones({2}, {float32, true});
  SGD sgd({a}, {.lr = 0.1});
  const Tensor loss = sum(a * a);
  a.set_grad(ones({2}));
  sgd.step();
  EXPECT_THAT(message_of<ValueError>([&] { loss.backward(); }), HasSubstr("in place"));
}

TEST(Optimizer, TakesOptionsThatChangeAndParametersThatJoin) {
  const Tensor a = tensor({1.0}, {float64, true}), b = tensor({1.0}, {float64, true});
  SGD sgd({a}, {.lr = 0.1});
  const auto step = [&] {
    for (const Tensor& p : sgd.parameters()) p.set_grad(ones({1}, float64));
    sgd.step();
  };
  step();
  SgdOptions options = sgd.group_options();
  options.lr = 0.5;
  options.momentum = 0.5;
  sgd.set_group_options(0, options);
  step();
  step();
  EXPECT_NEAR(a.item<double>(), 1 - 0.1 - 0.5 - 0.5 * 1.5, 1e-12);
  sgd.add_param_group({{b}, {.lr = 1, .maximize = true}});
  step();
  EXPECT_NEAR(b.item<double>(), 2, 1e-12);
  options.momentum = -1;
  EXPECT_THROW(sgd.set_group_options(0, options), ValueError);
  EXPECT_EQ(sgd.group_options().momentum, 0.5);
}

TEST(Adam, DividesByTheLargestSquareWithAmsgrad) {
  const Tensor w = tensor({1.0, 1.0}, {float64, true});
  Adam adam({w}, {.lr = 0.1, .beta1 = 0.5, .beta2 = 0.5, .amsgrad = true});
  double expected = 1, mean = 0, square = 0, largest = 0;
  for (int t = 1; t <= 4; ++t) {
    const double gradient = t == 2 ? 8 : 0.5;
    w.set_grad(full({2}, gradient, float64));
    adam.step();
    mean = 0.5 * mean + 0.5 * gradient;
    square = 0.5 * square + 0.5 * gradient * gradient;
    largest = std::max(largest, square);
    expected -= 0.1 * mean / (1 - std::pow(0.5, t)) / (std::sqrt(largest / (1 - std::pow(0.5, t))) + 1e-8);
    EXPECT_NEAR(w.to_vector<double>()[1], expected, 1e-12) << t;
  }
  EXPECT_EQ(adam.state().size(), 4u);
}

TEST(Optimizer, RefusesSettingsThatMakeNoSense) {
  const std::vector<Tensor> w = {ones({2}, {float32, true})};
  EXPECT_THROW(SGD(w, {.lr = -1}), ValueError);
  EXPECT_THROW(SGD(w, {.lr = std::numeric_limits<double>::quiet_NaN()}), ValueError);
  EXPECT_THROW(SGD({}, {}), ValueError);
  EXPECT_THROW(SGD(w, {.nesterov = true}), ValueError);
  EXPECT_THROW(Adam(w, {.beta1 = 1}), ValueError);
  EXPECT_THROW(RMSprop(w, {.alpha = -0.1}), ValueError);
  EXPECT_THROW(SGD({ones({2, 2}).t()}, {}), ValueError);
}

TEST(Optimizer, RefusesAStateOfOtherParameters) {
  const Tensor a = ones({2}, {float32, true}), b = ones({3}, {float32, true});
  Adam one({a}), two({b}), three({a, b});
  EXPECT_THAT(message_of<InputError>([&] { two.load_state(one.state(), 1); }), HasSubstr("[2] is not \"0.mean\" [3]"));
  EXPECT_THROW(three.load_state(one.state(), 1), InputError);
}

TEST(ClipGradNorm, ScalesAllGradientsByOneFactor) {
  const Tensor a = zeros({2}, {float32, true}), b = zeros({1}, {float32, true}), c = zeros({1}, {float32, true});
  a.set_grad(tensor({2.0, 3.0}));
  b.set_grad(tensor({6.0}));
  EXPECT_NEAR(nn::clip_grad_norm({a, b, c}, 14), 7, 1e-6);
  EXPECT_THAT(a.grad().to_vector<float>(), ElementsAre(2, 3));
  EXPECT_NEAR(nn::clip_grad_norm({a, b, c}, 3.5), 7, 1e-6);
  EXPECT_NEAR(nn::grad_norm({a, b, c}), 3.5, 1e-5);
  EXPECT_NEAR(a.grad().to_vector<float>()[1], 1.5, 1e-5);
  EXPECT_THROW(nn::clip_grad_norm({a}, 0), ValueError);
}

TEST(ClipGradValue, BoundsEveryElement) {
  const Tensor a = zeros({3}, {float32, true});
  a.set_grad(tensor({2.0, -3.0, 0.5}));
  nn::clip_grad_value({a}, 1);
  EXPECT_THAT(a.grad().to_vector<float>(), ElementsAre(1, -1, 0.5f));
}

TEST(Adam, TakesSquaresBelowTheNormalNumbersForNothingAndLeavesTheProcessorAsItWas) {
  const Tensor w = tensor({1.0, 1.0}, {float32, true});
  w.set_grad(tensor({1e-18, 0.5}, float32));
  Adam adam({w}, {.lr = 0.1});
  adam.step();
  const auto state = adam.state();
  const auto square = std::find_if(state.begin(), state.end(), [](const auto& s) { return s.first == "0.square"; });
  ASSERT_NE(square, state.end());
  EXPECT_EQ(square->second.to_vector<float>()[0], 0.0f);
  EXPECT_NEAR(square->second.to_vector<float>()[1], 0.00025f, 1e-9f);
  EXPECT_EQ(w.to_vector<float>()[0], 1.0f);
  volatile float small = std::numeric_limits<float>::min();
  EXPECT_GT(small / 2, 0.0f);
}

/// w after one step of Adam from 1 in double precision.
double after_adam(double g, const AdamOptions& o) {
  const double m = (1 - o.beta1) * g / (1 - o.beta1), s = (1 - o.beta2) * g * g / (1 - o.beta2);
  return 1 - o.lr * m / (std::sqrt(s) + o.epsilon);
}

TEST(Adam, MovesByTheExactQuotientWithinAFewUnitsOnEveryLevel) {
  std::vector<float> gradients{0, -0.0f, 1e-30f, 1e18f};
  for (float g = 1.3e-15f; g < 1e15f; g *= 1.37f) gradients.push_back(gradients.size() % 2 ? g : -g);
  const AdamOptions options{.lr = 0.5, .epsilon = 1e-6};
  for (const kernels::Level level : {kernels::Level::baseline, kernels::Level::avx2, kernels::Level::avx512}) {
    kernels::force_level(level);
    const Tensor w = ones({static_cast<std::int64_t>(gradients.size())}, {float32, true});
    Adam adam({w}, options);
    w.set_grad(from_vector(gradients));
    adam.step();
    for (std::size_t i = 0; i < gradients.size(); ++i)
      EXPECT_NEAR(w.data<float>()[i], after_adam(gradients[i], options), 3e-7)
          << gradients[i] << " at " << kernels::name(level);
  }
  kernels::force_level(kernels::machine_level());
}

TEST(Adam, AddsItsEpsilonBeforeTheBiasCorrectionWhereAsked) {
  const AdamOptions options{.lr = 0.1, .epsilon = 0.01, .epsilon_hat = true};
  const Tensor w = ones({3}, {float64, true});
  const double gradients[] = {2.0, 1e-3, -1e-6};
  Adam adam({w}, options);
  double m[3] = {}, s[3] = {}, expected[3] = {1, 1, 1};
  for (int t = 1; t <= 5; ++t) {
    w.set_grad(from_vector(std::vector<double>(gradients, gradients + 3)));
    adam.step();
    const double rate = options.lr * std::sqrt(1 - std::pow(options.beta2, t)) / (1 - std::pow(options.beta1, t));
    for (int i = 0; i < 3; ++i) {
      m[i] = options.beta1 * m[i] + (1 - options.beta1) * gradients[i];
      s[i] = options.beta2 * s[i] + (1 - options.beta2) * gradients[i] * gradients[i];
      expected[i] -= rate * m[i] / (std::sqrt(s[i]) + options.epsilon);
      EXPECT_NEAR(w.data<double>()[i], expected[i], 1e-14) << "weight " << i << " after step " << t;
    }
  }
}

TEST(Adam, LeavesWeightsAsTheyAreAtARateOf0AndTurnsBackAtANegativeOne) {
  for (const DType dtype : {float32, float64}) {
    const Tensor before = randn({37}, dtype), gradient = randn({37}, dtype);
    const auto moved_by = [&](double lr) {
      const Tensor w = before.clone().requires_grad_();
      Adam adam({w});
      adam.set_lr(lr);
      w.set_grad(gradient);
      adam.step();
      return (w.detach() - before).to_vector<double>();
    };
    EXPECT_THAT(moved_by(0), Each(0));
    EXPECT_THAT(moved_by(-0.0), Each(0));
    EXPECT_THAT(moved_by(1e-30), Each(::testing::DoubleNear(0, 1e-29)));
    const std::vector<double> there = moved_by(0.01), back = moved_by(-0.01);
    for (std::size_t i = 0; i < there.size(); ++i) {
      EXPECT_NEAR(std::abs(there[i]), 0.01, 1e-6);
      EXPECT_NEAR(there[i], -back[i], 1e-6);
    }
  }
}

TEST(Adam, StandsStillWhereASquareIsBeyondFloat32) {
  const Tensor w = ones({20}, {float32, true});
  Adam adam({w}, {.lr = 0.5});
  for (const double g : {1e25, 1.0}) {
    w.set_grad(full({20}, g));
    adam.step();
    EXPECT_THAT(w.to_vector<float>(), Each(1));
  }
}

TEST(Adam, LeavesAWeightWithoutGradientsInPlaceWithoutEpsilonToo) {
  const Tensor w = ones({20}, {float32, true});
  Adam adam({w}, {.lr = 0.5, .epsilon = 0});
  w.set_grad(zeros({20}));
  adam.step();
  EXPECT_THAT(w.to_vector<float>(), Each(1));
}

TEST(ClipGradAdaptive, HoldsEachUnitsGradientToAShareOfItsWeights) {
  const Tensor w = tensor({{3, 4}, {0, 0}, {30, 40}}, {float64, true}), bias = tensor({6.0, 8.0}, {float64, true});
  w.set_grad(tensor({{6, 8}, {0.3, 0.4}, {0.3, 0.4}}, float64));
  bias.set_grad(tensor({0.0, 2.0}, float64));
  const Tensor untouched = zeros({2}, {float64, true});
  EXPECT_EQ(nn::clip_grad_adaptive({w, bias, untouched}, 0.1, 0.01), 3);
  EXPECT_TRUE(allclose(w.grad(), tensor({{0.3, 0.4}, {0.0006, 0.0008}, {0.3, 0.4}}, float64)));
  EXPECT_TRUE(allclose(bias.grad(), tensor({0.0, 1.0}, float64)));
  EXPECT_THROW(nn::clip_grad_adaptive({w}, 0), ValueError);
}

TEST(ClipGradAdaptive, ReachesAGradientThatIsAStridedView) {
  const Tensor w = tensor({{3, 4}, {3, 4}}, {float64, true});
  w.set_grad(tensor({{6, 0}, {8, 0}}, float64).t());
  EXPECT_EQ(nn::clip_grad_adaptive({w}, 0.1), 1);
  EXPECT_TRUE(allclose(w.grad(), tensor({{0.3, 0.4}, {0, 0}}, float64)));
}

}  // namespace
}  // namespace relume::optim
