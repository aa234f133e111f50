#include "relume/nn/module.h"

#include <array>
#include <atomic>
#include <functional>
#include <optional>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/autograd/grad_mode.h"
#include "relume/nn/layers.h"
#include "relume/nn/loss.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/comparison.h"
#include "relume/ops/reduce.h"
#include "relume/optim/sgd.h"
#include "tests/reference/message_of.h"

namespace relume::nn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct SimpleNN : Module {
  Linear fc1 = named("fc1", 10, 5);
  ReLU relu = named("relu");
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

std::vector<std::string> children_of(const Module& module) {
  std::vector<std::string> names;
  for (const auto& [name, child] : module.children()) names.push_back(name + " " + child->describe().substr(0, 10));
  return names;
}

/// A module that is given one by value, so that others are made while it is.
struct Wrapped : Module {
  explicit Wrapped(Linear given) : inner(std::move(given)) { add("inner", inner); }
  Tensor forward(const Tensor& x) override { return inner(x); }
  Linear inner;
};

TEST(Module, KnowsTheMembersThatItNamesHoweverTheyAreWritten) {
  struct Net : Module {
    Linear copied = named("copied", 4, 4);
    Linear braces{named("braces", 4, 3, LinearOptions{.bias = false})};
    Sequential body = named("body", Linear(3, 3), ReLU());
    Wrapped wrapped = named("wrapped", Linear(3, 2));
    std::array<Linear, 2> many{named("many.0", 2, 2), named("many.1", 2, 2)};
    Linear late{2, 1};
    Net() { add("late", late); }
    Tensor forward(const Tensor& x) override { return late(many[1](many[0](wrapped(body(braces(copied(x))))))); }
  };
  const auto expect_whole = [](Net& net) {
    EXPECT_THAT(children_of(net),
                ElementsAre("copied Linear(in_", "braces Linear(in_", "body Sequential", "wrapped Module(\n  ",
                            "many.0 Linear(in_", "many.1 Linear(in_", "late Linear(in_"));
    const std::vector<Module*> members{&net.copied,  &net.braces,  &net.body, &net.wrapped,
                                       &net.many[0], &net.many[1], &net.late};
    ASSERT_EQ(net.children().size(), members.size());
    for (std::size_t i = 0; i < members.size(); ++i) EXPECT_EQ(net.children()[i].second, members[i]) << i;
    EXPECT_EQ(net(ones({1, 4})).shape(), (Shape{1, 1}));
  };
  Net net;
  expect_whole(net);
  Net copy = net, moved = std::move(net);
  expect_whole(copy);
  expect_whole(moved);
  const Linear before = copy.copied;  // outside of the class it is no member
  EXPECT_EQ(copy.children().size(), 7u);
  EXPECT_TRUE(before.weight.same_as(copy.copied.weight));
}

TEST(Module, ForgetsAMemberThatCouldNotBeMade) {
  struct Net : Module {
    Net() {
      try {
        const Linear none = named("none", 0, 3);
      } catch (const ValueError&) {
      }
    }
    Tensor forward(const Tensor& x) override { return x; }
  };
  EXPECT_TRUE(Net().children().empty());
}

struct WithoutRelu : Module {
  Linear fc1{10, 5};
  ReLU relu;
  WithoutRelu() { add("fc1", fc1); }
  Tensor forward(const Tensor& x) override { return relu(fc1(x)); }
};

TEST(Module, SaysWhichMemberItDoesNotKnow) {
  WithoutRelu net;
  const std::string message = message_of<Error>([&] { net(ones({1, 10})); });
  EXPECT_THAT(message, HasSubstr("WithoutRelu: forward() calls a member that WithoutRelu does not know, ReLU()"));
  EXPECT_THAT(message, HasSubstr("add(\"NAME\", MEMBER)"));
  struct WithoutLinear : Module {
    Linear fc1{10, 5};
    Tensor forward(const Tensor& x) override { return fc1(x); }
  };
  WithoutLinear other;
  const NoGradGuard guard;
  EXPECT_THAT(message_of<Error>([&] { other(ones({1, 10})); }), HasSubstr("Linear(in_features=10, out_features=5"));
}

TEST(Module, SaysThatModulesInAVectorAreNotKnown) {
  struct Net : Module {
    std::vector<Linear> layers = std::vector<Linear>(3, Linear(2, 2));
    Tensor forward(const Tensor& x) override { return layers[2](layers[1](layers[0](x))); }
  };
  Net net;
  EXPECT_THAT(message_of<Error>([&] { net(ones({1, 2})); }), HasSubstr("Linear(in_features=2"));
  struct Shared : Module {
    std::vector<std::shared_ptr<Linear>> layers;
    Shared() {
      for (int i = 0; i < 3; ++i) add(std::to_string(i), layers.emplace_back(std::make_shared<Linear>(2, 2)));
    }
    Tensor forward(const Tensor& x) override { return (*layers[1])((*layers[0])(x)); }
  };
  Shared shared;
  EXPECT_EQ(shared(ones({1, 2})).shape(), (Shape{1, 2}));
}

/// Calls what is handed to it.
struct Calling : Module {
  std::function<Tensor(const Tensor&)> call;
  Sequential inner = named("inner", Linear(2, 2), ReLU());
  Tensor forward(const Tensor& x) override { return call(inner(x)); }
};

TEST(Module, MayCallWhatIsNotTrainedOrIsItsOwn) {
  const auto teacher = std::make_unique<std::array<Linear, 1>>(std::array{Linear(2, 2)});
  Calling net;
  const Tensor x = ones({1, 2});
  net.call = [&](const Tensor& t) { return (*teacher)[0](t); };
  EXPECT_THROW(net(x), Error);
  net.call = [&](const Tensor& t) {
    const NoGradGuard guard;
    return (*teacher)[0](t);
  };
  EXPECT_NO_THROW(net(x));
  net.call = [&](const Tensor& t) { return ReLU()(t); };
  EXPECT_NO_THROW(net(x));
  net.call = [&](const Tensor& t) { return net.inner[0](t); };
  EXPECT_NO_THROW(net(x));
  net.call = [&](const Tensor& t) {
    const auto copy = std::make_unique<Sequential>(net.inner);
    return (*copy)(t);
  };
  EXPECT_NO_THROW(net(x));
  net.call = [](const Tensor& t) { return t; };
  net.inner.add_hook([&](const Module&, const Tensor& t) { (*teacher)[0](t); });
  EXPECT_NO_THROW(net(x));
  for (const Tensor& p : (*teacher)[0].parameters()) Tensor(p).requires_grad_(false);
  net.call = [&](const Tensor& t) { return (*teacher)[0](t); };
  EXPECT_NO_THROW(net(x));
}

TEST(Module, RunsWhereItIsConstInEvaluationAlone) {
  Sequential net{Linear(2, 8), BatchNorm1d(8), Dropout(0.5)};
  const Sequential& seen = net;
  const Tensor x = randn({3, 2});
  EXPECT_THAT(message_of<ValueError>([&] { seen(x); }), HasSubstr("call eval()"));
  net.eval();
  EXPECT_TRUE(equal(seen(x), net(x)));
}

TEST(Module, GivesManyThreadsWhatItGivesOne) {
  manual_seed(5);
  Sequential net{Linear(6, 64),
                 ReLU(),
                 BatchNorm1d(64),
                 Dropout(0.5),
                 Residual(Linear(64, 64), Activate("gelu")),
                 LayerNorm(64),
                 Activate("rrelu"),
                 Linear(64, 96),
                 GLU(),
                 PReLU(),
                 Linear(48, 3),
                 Softmax()};
  net(randn({50, 6}));  // the averages are no longer the first ones
  net.eval();
  std::vector<Tensor> inputs, recorded, alone;
  for (int i = 0; i < 64; ++i) {
    recorded.push_back(net(inputs.emplace_back(randn({1 + 7 * (i % 20), 6}))));
    const NoGradGuard guard;
    alone.push_back(net(inputs.back()));
  }
  const Sequential& shared = net;
  std::atomic<int> different = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t)
    threads.emplace_back([&, t] {
      std::optional<NoGradGuard> guard;
      if (t % 2) guard.emplace();
      for (int round = 0; round < 20; ++round)
        for (std::size_t i = 0; i < inputs.size(); ++i) {
          const std::size_t k = (i + static_cast<std::size_t>(t)) % inputs.size();
          if (!equal(shared(inputs[k]), (t % 2 ? alone : recorded)[k])) ++different;
        }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(different, 0);
}

TEST(Module, KnowsHowWideItLeavesARow) {
  Rng rng(1);
  const Sequential net{Linear(5, 8), SwiGLU(), CReLU(), Flatten(), Dropout(0.5), LayerNorm(8), Linear(8, 3), ReLU()};
  EXPECT_EQ(net.features_out(5), 3);
  EXPECT_EQ(net[1].features_out(8), 4);
  EXPECT_EQ(net[2].features_out(4), 8);
  EXPECT_EQ(Residual(Linear(4, 4), ReLU()).features_out(4), 4);
  EXPECT_EQ((Sequential{Embedding(10, 6), Flatten()}.features_out(3)), 18);
  EXPECT_EQ(EmbeddingBag(10, 6).features_out(3), 6);
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
  EXPECT_THAT(seen, ElementsAre("Linear", "ReLU()", "Module"));
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
