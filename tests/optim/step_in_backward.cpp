// A step while gradients are made beside backward() and step(): the same bits.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/activation/activation.h"
#include "relume/base/parallel.h"
#include "relume/base/rng.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/comparison.h"
#include "relume/ops/linear.h"
#include "relume/ops/reduce.h"
#include "relume/optim/family.h"
#include "tests/reference/message_of.h"

namespace relume::optim {
namespace {

using Parameters = std::vector<Tensor>;
using MakeOptimizer = std::function<std::unique_ptr<Optimizer>(const Parameters&)>;

/// Weights and biases of layers, and a loss of them.
struct Network {
  Parameters parameters;
  std::function<Tensor()> loss;
};
using MakeNetwork = std::function<Network()>;

/// Of these widths, with a ReLU after each layer but the last.
Network layers(const std::vector<std::int64_t>& widths, std::int64_t batch, DType dtype = float32) {
  static const Activation relu("relu");
  manual_seed(3);
  Network network;
  const Tensor x = randn({batch, widths.front()}, dtype), target = randn({batch, widths.back()}, dtype);
  for (std::size_t i = 0; i + 1 < widths.size(); ++i)
    for (const Shape& shape : {Shape{widths[i + 1], widths[i]}, Shape{widths[i + 1]}})
      network.parameters.push_back((randn(shape, dtype) * 0.1).requires_grad_());
  network.loss = [x, target, w = network.parameters] {
    Tensor y = x;
    for (std::size_t i = 0; i < w.size(); i += 2) y = linear(y, w[i], w[i + 1], i + 2 < w.size() ? &relu : nullptr);
    const Tensor error = y - target;
    return mean(error * error);
  };
  return network;
}

void expect_equal_states(const Optimizer& a, const Optimizer& b) {
  const auto one = a.state(), other = b.state();
  ASSERT_EQ(one.size(), other.size());
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(equal(one[i].second, other[i].second)) << one[i].first;
  EXPECT_EQ(a.steps(), b.steps());
}

/// Some steps each way. `before` is called before each one, `after` after it.
void expect_same_bits(const std::string& what, const MakeNetwork& make, const MakeOptimizer& make_optimizer,
                      const std::function<void(Network&, std::int64_t step)>& before = {}) {
  Network plain = make(), fused = make();
  const auto one = make_optimizer(plain.parameters), other = make_optimizer(fused.parameters);
  for (std::int64_t step = 0; step < 4; ++step) {
    one->zero_grad();
    other->zero_grad();
    for (Network* network : {&plain, &fused})
      if (before) before(*network, step);
    plain.loss().backward();
    one->step();
    other->step_in_backward(fused.loss());
  }
  for (std::size_t i = 0; i < plain.parameters.size(); ++i)
    EXPECT_TRUE(equal(plain.parameters[i], fused.parameters[i])) << what << ", parameter " << i;
  expect_equal_states(*one, *other);
}

template <class O, class Options>
MakeOptimizer maker(const Options& options) {
  return [options](const Parameters& w) { return std::make_unique<O>(w, options); };
}

const MakeOptimizer adam = maker<Adam>(AdamOptions{.lr = 0.01});

std::unique_ptr<Optimizer> in_two_groups(const Parameters& w) {
  return std::make_unique<Adam>(std::vector<ParameterGroup<AdamOptions>>{
      {{w.begin(), w.begin() + 2}, {.lr = 0.1, .beta1 = 0.7}}, {{w.begin() + 2, w.end()}, {.weight_decay = 0.1}}});
}

const struct {
  const char* name;
  MakeOptimizer make;
} optimizers[] = {
    {"sgd", maker<SGD>(SgdOptions{.lr = 0.1})},
    {"momentum", maker<SGD>(SgdOptions{.lr = 0.1, .momentum = 0.9, .dampening = 0.1, .weight_decay = 0.01})},
    {"nesterov", maker<SGD>(SgdOptions{.lr = 0.1, .momentum = 0.9, .nesterov = true})},
    {"adam", adam},
    {"adam with decay", maker<Adam>(AdamOptions{.lr = 0.01, .weight_decay = 0.1})},
    {"adamw", maker<AdamW>(AdamOptions{.lr = 0.01, .weight_decay = 0.1})},
    {"rmsprop", maker<RMSprop>(RmspropOptions{.momentum = 0.5})},
    {"adagrad", maker<Adagrad>(AdagradOptions{.lr_decay = 0.1})},
    {"nadam", maker<NAdam>(NAdamOptions{.lr = 0.01, .weight_decay = 0.1})},
    {"lion", maker<Lion>(LionOptions{.lr = 0.01, .weight_decay = 0.1})},
    {"groups", in_two_groups},
};

TEST(StepInBackward, GivesTheBitsOfBackwardAndStepWithEveryOptimizer) {
  const int threads = num_threads();
  for (const int wanted : {1, 2}) {
    set_num_threads(wanted);
    for (const auto& [name, make] : optimizers) {
      expect_same_bits(
          name,
          [] {
            return layers({13, 37, 5}, 9);
          },
          make);
      expect_same_bits(
          name,
          [] {
            return layers({131, 70, 1}, 33, float64);
          },
          make);
      expect_same_bits(
          name,
          [] {
            return layers({300, 1024, 200, 10}, 40);
          },
          make);
    }
  }
  set_num_threads(threads);
}

TEST(StepInBackward, KeepsNoGradient) {
  const Network network = layers({13, 37, 5}, 9);
  const auto optimizer = adam(network.parameters);
  const Parameters before = {network.parameters[0].clone(), network.parameters[1].clone()};
  optimizer->step_in_backward(network.loss());
  for (const Tensor& parameter : network.parameters) EXPECT_FALSE(parameter.grad().defined());
  EXPECT_FALSE(equal(network.parameters[0], before[0]));
  EXPECT_FALSE(equal(network.parameters[1], before[1]));
}

TEST(StepInBackward, WaitsForAllUsesOfATiedWeight) {
  const auto tied = [] {
    Network network = layers({12, 12}, 7);
    network.loss = [inner = network.loss, w = network.parameters] {
      const Tensor y = linear(linear(ones({3, 12}), w[0], w[1]), w[0]);
      return inner() + mean(y * y);
    };
    return network;
  };
  expect_same_bits("tied", tied, adam);
}

TEST(StepInBackward, StepsWithWhatAHookMakesOfTheGradient) {
  const auto hooked = [] {
    Network network = layers({13, 37, 5}, 9);
    network.parameters[0].register_hook([](const Tensor& gradient) { return gradient * 0.5; });
    return network;
  };
  expect_same_bits("hook", hooked, adam);
}

TEST(StepInBackward, AddsToAGradientFromBefore) {
  const auto with_gradient = [](Network& network, std::int64_t step) {
    if (step % 2) network.parameters[0].set_grad(full(network.parameters[0].shape(), 0.25));
  };
  expect_same_bits(
      "gradient from before",
      [] {
        return layers({13, 37, 5}, 9);
      },
      adam, with_gradient);
}

TEST(StepInBackward, LeavesAWeightForLastWhoseValuesTheGraphNeedsElsewhere) {
  const auto shared = [] {
    Network network = layers({12, 12}, 7);
    network.loss = [w = network.parameters] {
      const Tensor first = linear(ones({3, 12}), w[0].detach(), w[1]);
      const Tensor y = linear(first, w[0]);
      return mean(y * y);
    };
    return network;
  };
  expect_same_bits("detached", shared, adam);
}

TEST(StepInBackward, LeavesFrozenAndUnusedParametersAlone) {
  const auto frozen = [] {
    Network network = layers({13, 37, 20, 5}, 9);
    network.parameters[2].requires_grad_(false);
    network.parameters.push_back(ones({3}, {float32, true}));
    return network;
  };
  expect_same_bits("frozen", frozen, adam);
  const Network network = frozen();
  const Tensor before = network.parameters[2].clone();
  adam(network.parameters)->step_in_backward(network.loss());
  EXPECT_TRUE(equal(network.parameters[2], before));
  EXPECT_TRUE(equal(network.parameters.back(), ones({3})));
}

TEST(StepInBackward, GivesAGradientToWhatIsNotTheOptimizers) {
  const Network plain = layers({13, 37, 5}, 9), fused = layers({13, 37, 5}, 9);
  plain.loss().backward();
  adam({fused.parameters[2], fused.parameters[3]})->step_in_backward(fused.loss());
  for (const std::size_t i : {0u, 1u}) EXPECT_TRUE(equal(fused.parameters[i].grad(), plain.parameters[i].grad()));
  EXPECT_FALSE(fused.parameters[2].grad().defined());
}

TEST(StepInBackward, FreesTheGraphAndMakesABackwardThatComesTooLateFail) {
  const Network network = layers({13, 37, 5}, 9);
  const Tensor loss = network.loss(), other = network.loss();
  const auto optimizer = adam(network.parameters);
  optimizer->step_in_backward(loss);
  EXPECT_THROW(loss.backward(), Error);
  EXPECT_THAT(message_of<ValueError>([&] { other.backward(); }), ::testing::HasSubstr("in place"));
  EXPECT_THROW(optimizer->step_in_backward(ones({1})), ValueError);
  EXPECT_EQ(optimizer->steps(), 1);
}

}  // namespace
}  // namespace relume::optim
