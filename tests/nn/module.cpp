#include "relume/nn/module.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/nn/activations.h"
#include "relume/nn/dropout.h"
#include "relume/nn/linear.h"
#include "relume/nn/loss.h"
#include "relume/nn/sequential.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/compare.h"
#include "relume/ops/reduce.h"
#include "relume/optim/sgd.h"
#include "tests/reference/message_of.h"

namespace relume::nn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct SimpleNN : Module {
  Linear fc1{10, 5};
  ReLU relu;
  SimpleNN() { add("fc1", fc1); }
  Tensor forward(const Tensor& x) override { return relu(fc1(x)); }
};

std::vector<std::string> names_of(const Module& module) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : module.named_parameters()) names.push_back(name);
  return names;
}

TEST(Module, OfTheTutorialRunsAndLearns) {
  manual_seed(1);
  SimpleNN net, teacher;
  const Tensor x = randn({50, 10}), y = teacher(x).detach();
  optim::SGD sgd(net.parameters(), {.lr = 0.2});
  const double before = mse_loss(net(x), y).item<double>();
  for (int i = 0; i < 200; ++i) {
    sgd.zero_grad();
    mse_loss(net(x), y).backward();
    sgd.step();
  }
  EXPECT_EQ(net(x).shape(), (Shape{50, 5}));
  EXPECT_LT(mse_loss(net(x), y).item<double>(), before / 2);
}

TEST(Module, NamesItsParametersWithDots) {
  const SimpleNN net;
  EXPECT_THAT(names_of(net), ElementsAre("fc1.weight", "fc1.bias"));
  EXPECT_EQ(net.parameter_count(), 55);
}

TEST(Module, ReachesTheParametersOfItsCopyThroughTheCopysOwnMembers) {
  auto original = std::make_unique<SimpleNN>();
  SimpleNN copy = *original;
  EXPECT_TRUE(copy.parameters()[0].same_as(original->parameters()[0]));
  EXPECT_EQ(copy.children()[0].second, &copy.fc1);
  original.reset();
  EXPECT_TRUE(copy.parameters()[0].same_as(copy.fc1.weight));
  SimpleNN moved = std::move(copy);
  EXPECT_EQ(moved.children()[0].second, &moved.fc1);
  EXPECT_TRUE(moved.parameters()[0].same_as(moved.fc1.weight));
  std::vector<SimpleNN> many(1);
  for (int i = 0; i < 10; ++i) many.emplace_back();
  for (SimpleNN& net : many) EXPECT_TRUE(net.parameters()[1].same_as(net.fc1.bias));
}

TEST(Module, DoesNotHandItsHooksToACopy) {
  SimpleNN net;
  int calls = 0;
  net.add_hook([&](const Module&, const Tensor&) { ++calls; });
  SimpleNN copy = net;
  copy(zeros({1, 10}));
  EXPECT_EQ(calls, 0);
  net(zeros({1, 10}));
  EXPECT_EQ(calls, 1);
}

TEST(Module, CallsHooksUntilTheyAreRemoved) {
  SimpleNN net;
  std::vector<int> calls;
  const int first = net.add_hook([&](const Module&, const Tensor&) { calls.push_back(1); });
  net.add_hook([&](const Module&, const Tensor& y) { calls.push_back(static_cast<int>(y.size(0))); });
  net(zeros({3, 10}));
  net.remove_hook(first);
  net(zeros({4, 10}));
  EXPECT_THAT(calls, ElementsAre(1, 3, 4));
}

TEST(Module, LoadsAStateWholeOrNotAtAll) {
  SimpleNN net;
  const Tensor before = net.fc1.weight.detach().clone();
  const auto load = [&](std::vector<std::pair<std::string, Tensor>> state) {
    return message_of<InputError>([&] { net.load_state(state); });
  };
  EXPECT_THAT(load({{"fc1.weight", ones({5, 10})}}), HasSubstr("\"fc1.bias\" [5] is missing"));
  EXPECT_THAT(load({{"fc1.weight", ones({5, 10})}, {"fc1.bias", ones({5})}, {"fc2.bias", ones({5})}}),
              HasSubstr("\"fc2.bias\" has no place"));
  EXPECT_THAT(load({{"fc1.weight", ones({5, 10})}, {"fc1.bias", ones({6})}}),
              HasSubstr("\"fc1.bias\" is [6] but the network's is [5]"));
  EXPECT_TRUE(equal(net.fc1.weight, before));
  net.load_state({{"fc1.bias", ones({5})}, {"fc1.weight", ones({5, 10}, float64)}});
  EXPECT_TRUE(equal(net.fc1.weight, ones({5, 10})));
  EXPECT_TRUE(net.fc1.weight.requires_grad());
}

TEST(Module, CountsATensorThatIsAssignedToItsMemberLater) {
  SimpleNN net;
  net.fc1.weight = ones({5, 10}).requires_grad_();
  EXPECT_TRUE(net.parameters()[0].same_as(net.fc1.weight));
  net.fc1.bias = Tensor();
  EXPECT_THAT(names_of(net), ElementsAre("fc1.weight"));
  EXPECT_EQ(net(ones({1, 10})).to_vector<float>(), std::vector<float>(5, 10));
}

TEST(Module, ForgetsWhatItIsToldTo) {
  struct Changing : nn::Module {
    Changing() {
      add("inner", std::make_shared<nn::Linear>(2, 3));
      add_parameter("scale", scale);
      add_buffer("seen", seen);
    }
    Tensor forward(const Tensor& x) override { return x; }
    using nn::Module::forget;
    Tensor scale = ones({1}), seen = zeros({1});
  };
  Changing module;
  module.forget("scale");
  module.forget("seen");
  module.forget("nothing of that name");
  ASSERT_EQ(module.state().size(), 2u);
  EXPECT_EQ(module.state()[0].first, "inner.weight");
  module.forget("inner");
  EXPECT_TRUE(module.state().empty());
}

TEST(Module, ExchangesWhatItHasByName) {
  Sequential net{Linear(2, 3), ReLU()};
  Module& linear = net[0];
  linear.set_own({"bias", Tensor(), Module::Own::Kind::parameter});
  linear.set_own({"weight", ones({3, 2}), Module::Own::Kind::parameter});
  linear.set_own({"seen", zeros({1}), Module::Own::Kind::buffer});
  linear.set_own({"scratch", zeros({2}), Module::Own::Kind::transient});
  EXPECT_EQ(net(ones({1, 2})).to_vector<float>(), std::vector<float>(3, 2));
  EXPECT_EQ(net.parameters().size(), 1u);
  EXPECT_EQ(net.named_buffers().size(), 2u);
  ASSERT_EQ(net.state().size(), 2u);
  EXPECT_EQ(net.state()[1].first, "0.seen");
  const Sequential copy = net;
  net.set_child("1", std::make_shared<Linear>(3, 1));
  EXPECT_EQ(net(ones({1, 2})).shape(), (Shape{1, 1}));
  EXPECT_EQ(copy.size(), 2u);
  EXPECT_EQ(copy[1].describe(), "ReLU()");
  net.forget("1");
  EXPECT_EQ(net.size(), 1u);
}

TEST(Module, AppliesAFunctionToAllThatIsUnderIt) {
  SimpleNN net;
  std::vector<std::string> seen;
  net.apply([&](Module& module) {
    seen.push_back(module.describe().substr(0, 6));
    if (auto* linear = dynamic_cast<Linear*>(&module)) linear->bias.detach().fill_(7);
  });
  EXPECT_THAT(seen, ElementsAre("Linear", "Module"));
  EXPECT_EQ(net.fc1.bias.to_vector<float>(), std::vector<float>(5, 7));
}

TEST(Module, ConvertsItsParametersUnderTheHandlesThatExist) {
  SimpleNN net;
  optim::SGD sgd(net.parameters(), {.lr = 0.1});
  const Tensor x = randn({2, 10});
  const Tensor before = net(x);
  net.to(float64);
  EXPECT_EQ(net.fc1.weight.dtype(), float64);
  EXPECT_TRUE(allclose(net(x.to(float64)), before.to(float64), 1e-5, 1e-6));
  sum(net(x.to(float64))).backward();
  EXPECT_EQ(net.fc1.weight.grad().dtype(), float64);
  EXPECT_TRUE(sgd.parameters()[0].same_as(net.fc1.weight));
  EXPECT_THROW(net.to(DType::int64), DTypeError);
}

TEST(Module, PassesTrainingModeOn) {
  Sequential net{Linear(2, 2), Dropout(0.5), Sequential{Dropout(0.5), Linear(2, 2)}};
  net.eval();
  EXPECT_FALSE(dynamic_cast<Module&>(net[2]).children()[0].second->is_training());
  const Tensor x = ones({50, 2});
  EXPECT_TRUE(equal(net(x), net(x)));
  net.train();
  EXPECT_FALSE(equal(net(x), net(x)));
}

TEST(Module, PrintsAsPyTorchPrints) {
  std::ostringstream out;
  out << Sequential{Linear(784, 256), ReLU(), Linear(256, 10, {.bias = false})};
  EXPECT_EQ(out.str(),
            "Sequential(\n  (0): Linear(in_features=784, out_features=256, bias=True)\n  (1): ReLU()\n"
            "  (2): Linear(in_features=256, out_features=10, bias=False)\n)");
}

TEST(Dropout, KeepsTheMeanAndDropsItsShare) {
  manual_seed(2);
  Dropout dropout(0.3);
  const Tensor x = ones({100'000}, {float32, true});
  const Tensor y = dropout(x);
  double zeros_seen = 0, mean = 0;
  for (const float value : y.to_vector<float>()) {
    zeros_seen += value == 0;
    mean += static_cast<double>(value) / 1e5;
    EXPECT_TRUE(value == 0 || std::abs(value - 1 / 0.7f) < 1e-6f);
  }
  EXPECT_NEAR(zeros_seen / 1e5, 0.3, 0.01);
  EXPECT_NEAR(mean, 1, 0.01);
  sum(y).backward();
  EXPECT_TRUE(equal(x.grad(), y));
  EXPECT_THROW(Dropout(1.0), ValueError);
}

TEST(Linear, StartsAsPyTorchsDoes) {
  manual_seed(3);
  const Linear layer(100, 400);
  double square = 0;
  for (const float w : layer.weight.to_vector<float>()) {
    ASSERT_LE(std::abs(w), 0.1f);
    square += static_cast<double>(w) * static_cast<double>(w) / 40'000;
  }
  EXPECT_NEAR(square, 0.01 / 3, 1e-4);
  EXPECT_THROW(Linear(0, 3), ValueError);
}

}  // namespace
}  // namespace relume::nn
