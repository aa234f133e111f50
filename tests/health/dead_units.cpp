#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/autograd/grad_mode.h"
#include "relume/autograd/node.h"
#include "relume/base/rng.h"
#include "relume/health/rule.h"
#include "relume/nn/activations.h"
#include "relume/nn/linear.h"
#include "relume/nn/sequential.h"
#include "relume/ops/activation.h"

namespace relume::health {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

nn::Sequential network(std::string_view activation) {
  manual_seed(1);
  return nn::Sequential{nn::Linear(4, 20), nn::Activate(activation), nn::Linear(20, 10), nn::Activate(activation),
                        nn::Linear(10, 2)};
}

/// Makes the first `count` units of a layer fire on nothing.
void kill(nn::Module& layer, std::int64_t count) {
  nn::Linear& linear = dynamic_cast<nn::Linear&>(layer);
  linear.weight.detach().slice(0, 0, count).fill_(0);
  linear.bias.detach().slice(0, 0, count).fill_(-1);
}

std::vector<Finding> findings_over(nn::Sequential& net, std::int64_t rows) {
  const UnitActivity activity(net);
  net(randn({rows, 4}));
  Measurements measurements;
  measurements.step = 7;
  measurements.activity = activity.layers();
  return find_rule("dead_units").judge(measurements, {}).findings;
}

TEST(DeadUnits, AreFoundWhereTheyWerePlanted) {
  for (const char* activation : {"relu", "relu6", "relu_squared"}) {
    nn::Sequential net = network(activation);
    kill(net[2], 3);
    const auto findings = findings_over(net, 500);
    ASSERT_EQ(findings.size(), 1u) << activation;
    EXPECT_EQ(findings[0].rule, "dead_units");
    EXPECT_EQ(findings[0].layer, std::string(activation) + "2");
    EXPECT_THAT(findings[0].units, ElementsAre(0, 1, 2));
    EXPECT_EQ(findings[0].step, 7);
    EXPECT_EQ(findings[0].severity, Severity::warning);
    EXPECT_THAT(to_string(findings[0]), HasSubstr("3 of 10 units never fired on 500 rows"));
  }
}

TEST(DeadUnits, AreNotFoundInAHealthyNetwork) {
  nn::Sequential net = network("relu");
  EXPECT_TRUE(findings_over(net, 500).empty());
}

TEST(DeadUnits, AreGradedByTheirShareOfTheLayer) {
  for (const auto& [count, severity] :
       {std::pair(1, Severity::info), {2, Severity::warning}, {9, Severity::warning}, {10, Severity::error}}) {
    nn::Sequential net = network("relu");
    kill(net[0], count);
    const auto findings = findings_over(net, 2000);
    ASSERT_GE(findings.size(), 1u);
    EXPECT_EQ(findings[0].layer, "relu1");
    EXPECT_EQ(findings[0].units.size(), static_cast<std::size_t>(count));
    EXPECT_EQ(findings[0].severity, severity) << count;
  }
}

TEST(DeadUnits, AreNotJudgedOnTooFewRows) {
  nn::Sequential net = network("relu");
  kill(net[0], 5);
  EXPECT_TRUE(findings_over(net, 199).empty());
  EXPECT_FALSE(findings_over(net, 200).empty());
}

TEST(DeadUnits, AreOnlySoughtWhereAUnitCanDie) {
  for (const char* activation : {"leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid", "identity"}) {
    nn::Sequential net = network(activation);
    kill(net[2], 5);
    EXPECT_TRUE(findings_over(net, 300).empty()) << activation;
  }
}

TEST(UnitActivity, TellsTheKindsOfActivationsApart) {
  for (const char* text : {"relu", "relu6", "relu_squared", "hardswish", "thresholded_relu(0.5)"})
    EXPECT_EQ(kind_of(Activation(text)), ActivationKind::rectifier) << text;
  for (const char* text : {"sigmoid", "tanh", "softsign", "hardtanh", "hardsigmoid"})
    EXPECT_EQ(kind_of(Activation(text)), ActivationKind::bounded) << text;
  for (const char* text : {"leaky_relu", "elu", "selu", "gelu", "silu", "softplus", "identity"})
    EXPECT_EQ(kind_of(Activation(text)), ActivationKind::other) << text;
}

TEST(UnitActivity, CountsSaturationWhereTheSlopeIsUnderATwentiethOfTheLargest) {
  // tanh′ = 1 − tanh² = 0.05 at x = 2.178, sigmoid′ = 0.0125 at x = 4.357.
  for (const auto& [name, edge] : {std::pair("tanh", 2.178), {"sigmoid", 4.357}}) {
    nn::Sequential net{nn::Linear(1, 1), nn::Activate(name)};
    net.load_state({{"0.weight", ones({1, 1})}, {"0.bias", zeros({1})}});
    const UnitActivity activity(net);
    net(tensor({edge + 0.05, edge - 0.05, -edge - 0.05, -edge + 0.05, 0.0}).reshape({5, 1}));
    EXPECT_THAT(activity.layers()[0].saturated, ElementsAre(2)) << name;
  }
}

TEST(UnitActivity, CountsOverSeveralBatchesUntilItIsReset) {
  nn::Sequential net{nn::Linear(1, 2), nn::ReLU()};
  dynamic_cast<nn::Linear&>(net[0]).load_state({{"weight", tensor({1.0, -1.0}).reshape({2, 1})}, {"bias", zeros({2})}});
  UnitActivity activity(net);
  net(tensor({1.0, 2.0, -1.0}).reshape({3, 1}));
  net(full({1, 1}, 3));
  ASSERT_EQ(activity.layers().size(), 1u);
  EXPECT_EQ(activity.layers()[0].rows, 4);
  EXPECT_THAT(activity.layers()[0].fired, ElementsAre(3, 1));
  EXPECT_EQ(activity.dead_share(), 0);
  activity.reset();
  net(full({1, 1}, 3));
  EXPECT_THAT(activity.layers()[0].dead_units(), ElementsAre(1));
  EXPECT_EQ(activity.dead_share(), 0.5);
}

TEST(UnitActivity, CountsTheSameFromTheBitsThatBackwardKeepsAsFromTheOutputs) {
  manual_seed(2);
  for (const char* activation : {"relu", "relu6", "leaky_relu", "thresholded_relu(0.5)", "elu", "tanh", "relu_squared"})
    for (const std::int64_t width : {8, 20, 64, 100})
      for (const bool fused : {true, false}) {
        nn::Sequential net{nn::Linear(4, width), nn::Activate(activation)};
        const int hook = fused ? -1 : net[0].add_hook([](const nn::Module&, const Tensor&) {});
        const Tensor x = randn({300, 4});
        const UnitActivity training(net);
        const Tensor y = net(x);
        const UnitActivity evaluation(net);
        {
          const NoGradGuard guard;
          net(x);
        }
        // The first one has seen both passes.
        std::vector<std::int64_t> twice;
        for (const std::int64_t fired : evaluation.layers()[0].fired) twice.push_back(2 * fired);
        EXPECT_EQ(training.layers()[0].fired, twice) << activation << " " << width << " " << hook;
        if (std::string_view(activation) == "relu") {
          EXPECT_EQ(kept_bits(y).bits.defined(), fused || width % 8 == 0);
        }
      }
}

/// One activation module with two linear layers before it.
struct Shared : nn::Module {
  nn::Linear first{4, 12}, second{12, 6};
  nn::ReLU relu;
  Shared() {
    add("first", first);
    add("second", second);
    add("relu", relu);
  }
  Tensor forward(const Tensor& x) override { return relu(second(relu(first(x)))); }
};

TEST(UnitActivity, CountsAModuleThatIsUsedTwiceForEachUse) {
  manual_seed(1);
  Shared net;
  kill(net.second, 2);
  const UnitActivity activity(net);
  net(randn({100, 4}));
  net(randn({150, 4}));
  ASSERT_EQ(activity.layers().size(), 2u);
  EXPECT_EQ(activity.layers()[0].layer, "relu1");
  EXPECT_EQ(activity.layers()[0].fired.size(), 12u);
  EXPECT_EQ(activity.layers()[1].layer, "relu1:2");
  EXPECT_EQ(activity.layers()[1].rows, 250);
  EXPECT_THAT(activity.layers()[1].dead_units(), ElementsAre(0, 1));
}

TEST(UnitActivity, LeavesNoHooksBehind) {
  nn::Sequential net = network("relu");
  { const UnitActivity activity(net); }
  EXPECT_FALSE(net[1].has_hooks());
  EXPECT_FALSE(net.has_hooks());
}

}  // namespace
}  // namespace relume::health
