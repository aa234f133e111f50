#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/autograd/grad_mode.h"
#include "relume/health/leaky.h"
#include "relume/health/remove_units.h"
#include "relume/health/revive.h"
#include "relume/health/unit_site.h"
#include "relume/nn/loss.h"
#include "relume/optim/adam.h"

namespace relume::health {
namespace {

using ::testing::ElementsAre;

struct Case {
  std::string_view layers;
  std::int64_t features;
};

constexpr Case cases[] = {{"linear(20) relu linear(10) relu", 4},
                          {"linear(64) relu dropout(0.2) linear(33) relu6", 7},
                          {"linear(50) relu linear(40) elu linear(30) relu", 3}};

std::shared_ptr<nn::Sequential> build(const Case& c) {
  Rng rng(3);
  auto network = nn::build(nn::parse_architecture(c.layers), c.features, 2, rng);
  network->eval();
  return network;
}

/// Kills every unit but each third of all layers that can be treated, beyond what any input brings back.
void kill_two_thirds(nn::Sequential& network) {
  for (const UnitSite& site : unit_sites(network))
    for (std::int64_t unit = 0; unit < site.incoming->out_features(); ++unit)
      if (unit % 3 != 0) site.incoming->bias.detach().slice(0, unit, unit + 1).fill_(-1e4);
}

std::vector<LayerActivity> activity_on(nn::Sequential& network, const Tensor& x) {
  NoGradGuard guard;
  const UnitActivity activity(network);
  network(x);
  return activity.layers();
}

std::vector<double> outputs(nn::Sequential& network, const Tensor& x) {
  NoGradGuard guard;
  return network(x).to_vector<double>();
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  EXPECT_EQ(a.size(), b.size());
  double largest = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) largest = std::max(largest, std::fabs(a[i] - b[i]));
  return largest;
}

TEST(Revive, MakesDeadUnitsFireOnAFairShareAndKeepsTheFunction) {
  for (const Case& c : cases) {
    auto network = build(c);
    kill_two_thirds(*network);
    manual_seed(1);
    const Tensor x = randn({1000, c.features});
    const auto before = outputs(*network, x);
    const auto activity = activity_on(*network, x);
    Rng rng(9);
    const Treated treated = revive(*network, activity, x, nullptr, rng);
    EXPECT_EQ(treated.size(), unit_sites(*network).size()) << c.layers;
    EXPECT_LT(largest_difference(before, outputs(*network, x)), 1e-6) << c.layers;
    const auto now = activity_on(*network, x);
    for (std::size_t l = 0; l < now.size(); ++l)
      for (const std::int64_t unit : activity[l].dead_units())
        EXPECT_NEAR(static_cast<double>(now[l].fired[static_cast<std::size_t>(unit)]), 500, 5)
            << now[l].layer << " " << unit;
  }
}

TEST(Revive, LeavesLivingUnitsAlone) {
  auto network = build(cases[0]);
  kill_two_thirds(*network);
  manual_seed(1);
  const Tensor x = randn({1000, 4});
  const auto sites = unit_sites(*network);
  const Tensor row = sites[0].incoming->weight.detach().slice(0, 3, 4).clone();
  Rng rng(9);
  revive(*network, activity_on(*network, x), x, nullptr, rng);
  EXPECT_EQ(sites[0].incoming->weight.slice(0, 3, 4).to_vector<float>(), row.to_vector<float>());
}

TEST(Revive, ResetsTheOptimizersMemoryOfTheUnitAlone) {
  auto network = build(cases[0]);
  optim::Adam adam(network->parameters());
  manual_seed(1);
  const Tensor x = randn({1000, 4});
  nn::mse_loss((*network)(x), zeros({1000, 2})).backward();
  adam.step();
  const auto sites = unit_sites(*network);
  sites[1].incoming->bias.detach().slice(0, 4, 5).fill_(-1e4);
  Rng rng(9);
  revive(*network, activity_on(*network, x), x, &adam, rng);
  for (const auto& [name, buffer] : adam.state()) {
    if (name != "2.mean" && name != "3.mean" && name != "4.mean") continue;
    const bool outgoing = name == "4.mean";
    for (std::int64_t unit = 0; unit < 10; ++unit) {
      double sum = 0;
      for (const double v : buffer.slice(outgoing ? 1 : 0, unit, unit + 1).to_vector<double>()) sum += std::fabs(v);
      EXPECT_EQ(sum == 0, unit == 4) << name << " " << unit;
    }
  }
}

TEST(Revive, BringsBackANetworkOfWhichEveryUnitIsDead) {
  auto network = build(cases[0]);
  for (const UnitSite& site : unit_sites(*network)) site.incoming->bias.detach().fill_(-1e4);
  manual_seed(1);
  const Tensor x = randn({1000, 4});
  Rng rng(9);
  revive(*network, activity_on(*network, x), x, nullptr, rng);
  for (const LayerActivity& layer : activity_on(*network, x)) EXPECT_TRUE(layer.dead_units().empty()) << layer.layer;
}

TEST(RemoveDeadUnits, KeepsTheFunction) {
  for (const Case& c : cases) {
    auto network = build(c);
    kill_two_thirds(*network);
    manual_seed(1);
    const Tensor x = randn({1000, c.features});
    const Smaller smaller =
        remove_dead_units(*network, nn::parse_architecture(c.layers), activity_on(*network, x), c.features);
    EXPECT_LT(smaller.network->parameter_count(), network->parameter_count() / 2) << c.layers;
    EXPECT_LT(largest_difference(outputs(*network, x), outputs(*smaller.network, x)), 1e-6) << c.layers;
    for (const LayerActivity& layer : activity_on(*smaller.network, x)) EXPECT_TRUE(layer.dead_units().empty());
  }
}

TEST(RemoveDeadUnits, WritesTheSmallerArchitecture) {
  auto network = build(cases[1]);
  kill_two_thirds(*network);
  manual_seed(1);
  const auto activity = activity_on(*network, randn({1000, 7}));
  const Smaller smaller = remove_dead_units(*network, nn::parse_architecture(cases[1].layers), activity, 7);
  EXPECT_EQ(nn::to_string(smaller.architecture), "linear(22) relu dropout(0.2) linear(11) relu6");
  EXPECT_THAT(smaller.removed, ElementsAre(std::pair("relu1", 42), std::pair("relu61", 22)));
}

TEST(RemoveDeadUnits, KeepsOneUnitOfALayerThatIsAllDead) {
  auto network = build(cases[0]);
  unit_sites(*network)[0].incoming->bias.detach().fill_(-1e4);
  manual_seed(1);
  const Tensor x = randn({1000, 4});
  const Smaller smaller =
      remove_dead_units(*network, nn::parse_architecture(cases[0].layers), activity_on(*network, x), 4);
  EXPECT_EQ(smaller.architecture[0].arguments, "1");
  EXPECT_LT(largest_difference(outputs(*network, x), outputs(*smaller.network, x)), 1e-6);
}

TEST(Leaky, ChangesTheNamedLayersInNetworkAndText) {
  auto network = build(cases[0]);
  auto architecture = nn::parse_architecture(cases[0].layers);
  kill_two_thirds(*network);
  EXPECT_EQ(make_leaky(*network, architecture, std::vector<std::string>{"relu2"}), 1);
  EXPECT_EQ(nn::to_string(architecture), "linear(20) relu linear(10) leaky_relu");
  manual_seed(1);
  const auto activity = activity_on(*network, randn({500, 4}));
  EXPECT_EQ(activity[1].layer, "leaky_relu1");
  EXPECT_THAT(activity[1].fired, ::testing::Each(::testing::Gt(400))) << "no unit is off for good";
}

}  // namespace
}  // namespace relume::health
