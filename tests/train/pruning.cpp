// What `prune` and `sparsity` leave of a network, while it trains and behind.
#include "relume/train/pruning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/infer/predictor.h"
#include "relume/nn/layers.h"
#include "relume/train/activity_penalty.h"
#include "relume/train/train.h"
#include "tests/reference/message_of.h"

namespace relume::training {
namespace {

/// Of a layer's blocks of 16 outputs and an input the share that is 0, counted without the code that made it so.
double zero_blocks(const nn::Linear& linear) {
  const std::vector<float> w = linear.weight.to_vector<float>();
  const std::int64_t inputs = linear.in_features(), outputs = linear.out_features();
  std::int64_t zero = 0, all = 0;
  for (std::int64_t first = 0; first < outputs; first += 16)
    for (std::int64_t p = 0; p < inputs; ++p, ++all) {
      bool none = true;
      for (std::int64_t j = first; j < std::min(first + 16, outputs); ++j)
        none = none && w[static_cast<std::size_t>(j * inputs + p)] == 0;
      zero += none;
    }
  return static_cast<double>(zero) / static_cast<double>(all);
}

double share_of_zeros(const nn::Linear& linear) {
  const std::vector<float> w = linear.weight.to_vector<float>();
  return static_cast<double>(std::ranges::count(w, 0.0f)) / static_cast<double>(w.size());
}

TEST(Pruning, TakesTheSmallestBlocksAndLeavesTheLastLayer) {
  nn::Sequential net(nn::Linear(8, 20), nn::ReLU(), nn::Linear(20, 3));
  auto& first = dynamic_cast<nn::Linear&>(net[0]);
  // Block (0, p) has the mean square p², block (1, p) has (p + 100)²: outputs 0 to 15, and the four that are left.
  const auto w = first.weight.detach().span<float>();
  for (std::int64_t j = 0; j < 20; ++j)
    for (std::int64_t p = 0; p < 8; ++p)
      w[static_cast<std::size_t>(j * 8 + p)] = static_cast<float>(p + 1 + (j < 16 ? 0 : 100));
  Pruning pruning(net, 0.25, 100);
  pruning.after_step(5);
  EXPECT_EQ(zero_blocks(first), 0) << "nothing before a tenth of the run";
  for (std::int64_t step = 10; step <= 60; ++step) pruning.after_step(step);
  EXPECT_TRUE(pruning.is_complete(60));
  EXPECT_FALSE(pruning.is_complete(59));
  for (std::int64_t j = 0; j < 20; ++j)
    for (std::int64_t p = 0; p < 8; ++p)
      EXPECT_EQ(w[static_cast<std::size_t>(j * 8 + p)] == 0, j < 16 && p < 4) << j << " " << p;
  EXPECT_EQ(share_of_zeros(dynamic_cast<nn::Linear&>(net[2])), 0);
}

TEST(Pruning, GrowsByTheCubicRuleAndKeepsWhatItTook) {
  nn::Sequential net(nn::Linear(100, 160), nn::ReLU(), nn::Linear(160, 2));
  auto& first = dynamic_cast<nn::Linear&>(net[0]);
  Pruning pruning(net, 0.8, 1000);
  for (std::int64_t step = 1; step <= 350; ++step) pruning.after_step(step);
  EXPECT_NEAR(zero_blocks(first), 0.8 * (1 - 0.125), 0.001) << "half-way: 1 − (1/2)³";
  const double before = zero_blocks(first);
  first.weight.detach().fill_(1);
  pruning.apply();
  EXPECT_EQ(zero_blocks(first), before);
  EXPECT_EQ(zero_blocks(first), share_of_zeros(first));
}

TEST(Pruning, ARunEndsWithTheShareItWasAskedFor) {
  const auto run = train("builtin:moons", {.hidden = {64, 32}, .epochs = 12, .prune = 0.75, .seed = 2});
  int layers = 0;
  for (const auto& [name, child] : run.model.network->children())
    if (const nn::Linear* linear = std::as_const(*child).as_linear()) {
      const double expected = linear->out_features() == run.model.outputs ? 0 : 0.75;
      EXPECT_NEAR(zero_blocks(*linear), expected, 0.03) << name;
      ++layers;
    }
  EXPECT_EQ(layers, 3);
  EXPECT_GT(run.valid->accuracy, 0.8) << "of two classes, with two of the first layer's eight blocks left";
}

TEST(Pruning, SaysWhatItCannotPrune) {
  EXPECT_THAT(message_of<OptionError>([] { train("builtin:moons", {.layers = "relu", .prune = 0.5}); }),
              testing::HasSubstr("prune leaves the last layer as it is"));
  EXPECT_THAT(message_of<OptionError>([] { train("builtin:moons", {.prune = 1.0}); }),
              testing::HasSubstr("a number from 0 to below 1"));
}

TEST(ActivityPenalty, IsTheMeanOutputOfEachLayerInTraining) {
  nn::Sequential net(nn::Linear(4, 6), nn::ReLU(), nn::Linear(6, 5), nn::Tanh(), nn::Linear(5, 7), nn::ReLU());
  ActivityPenalty penalty(net, 0.5);
  const Tensor x = randn({9, 4});
  net.eval();
  net(x);
  net.train();
  Tensor y = x;
  double expected = 2;
  for (std::size_t i = 0; i < net.size(); ++i) {
    y = net[i](y);
    if (i == 1 || i == 5) {
      double sum = 0;
      for (const double v : y.to_vector<double>()) sum += std::abs(v);
      expected += 0.5 * sum / static_cast<double>(y.numel());
    }
  }
  const Tensor one = tensor({2.0f});
  EXPECT_NEAR(penalty.added_to(one).item<double>(), expected, 1e-5);
  EXPECT_EQ(penalty.added_to(one).item<double>(), 2);
  EXPECT_THAT(message_of<OptionError>([] {
                nn::Sequential smooth(nn::Linear(2, 2), nn::Tanh());
                ActivityPenalty(smooth, 1);
              }),
              testing::HasSubstr("the network has none"));
}

double sparsity(const training::Run& run) {
  double sum = 0;
  for (const health::LayerActivity& layer : run.history.activity) sum += layer.sparsity();
  return sum / static_cast<double>(run.history.activity.size());
}

TEST(ActivityPenalty, MakesUnitsFireMoreSeldom) {
  const TrainOptions plain{.hidden = {32, 32}, .epochs = 15, .seed = 3};
  TrainOptions sparse = plain;
  sparse.sparsity = 0.3;
  const auto a = train("builtin:moons", plain), b = train("builtin:moons", sparse);
  EXPECT_GT(sparsity(b), sparsity(a) + 0.1);
  EXPECT_GT(b.valid->accuracy, 0.9);
}

}  // namespace
}  // namespace relume::training
