#include "relume/health/monitor.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/rng.h"
#include "relume/nn/activations.h"
#include "relume/nn/architecture.h"
#include "relume/nn/linear.h"
#include "relume/nn/loss.h"
#include "relume/ops/arithmetic.h"
#include "relume/optim/adam.h"
#include "relume/optim/clip.h"
#include "relume/optim/sgd.h"

namespace relume::health {
namespace {

using ::testing::Contains;

std::shared_ptr<nn::Sequential> network(std::string_view layers, std::uint64_t seed = 1) {
  Rng rng(seed);
  return nn::build(nn::parse_architecture(layers), 6, 1, rng);
}

/// A hand-written loop on y = sin x₁ + x₂ x₃, with one line of watching.
template <class Optimizer, class Options>
std::vector<Finding> train(std::string_view layers, Options options, int steps, std::uint64_t seed = 1) {
  auto net = network(layers, seed);
  Optimizer optimizer(net->parameters(), options);
  Monitor monitor(*net, optimizer);
  manual_seed(seed);
  for (int i = 0; i < steps; ++i) {
    const Tensor x = randn({32, 6});
    Tensor y = empty({32, 1});
    for (std::int64_t r = 0; r < 32; ++r) {
      const float* row = x.data<float>() + r * 6;
      y.data<float>()[r] = std::sin(row[0]) + row[1] * row[2];
    }
    optimizer.zero_grad();
    const Tensor loss = nn::mse_loss((*net)(x), y);
    loss.backward();
    if (!monitor.step(loss.item<double>())) break;
  }
  return monitor.findings();
}

std::vector<std::string> grave(const std::vector<Finding>& findings) {
  std::vector<std::string> names;
  for (const Finding& finding : findings)
    if (finding.severity != Severity::info) names.push_back(finding.rule);
  return names;
}

TEST(Monitor, TakesTheStepsThatTheOptimizerAloneWouldTake) {
  auto watched = network("linear(16) relu linear(8) relu"), alone = network("linear(16) relu linear(8) relu");
  optim::Adam a(watched->parameters()), b(alone->parameters());
  Monitor monitor(*watched, a);
  manual_seed(4);
  for (int i = 0; i < 40; ++i) {
    const Tensor x = randn({8, 6}), y = randn({8, 1});
    a.zero_grad();
    b.zero_grad();
    const Tensor loss = nn::mse_loss((*watched)(x), y);
    loss.backward();
    nn::mse_loss((*alone)(x), y).backward();
    EXPECT_TRUE(monitor.step(loss.item<double>(), 0.5));
    const double norm = nn::grad_norm(alone->parameters());
    b.step(norm > 0.5 ? 0.5 / (norm + 1e-6) : 1);
  }
  for (std::size_t i = 0; i < watched->parameters().size(); ++i)
    EXPECT_EQ(watched->parameters()[i].to_vector<float>(), alone->parameters()[i].to_vector<float>());
}

TEST(Monitor, MeasuresGradientsAndStepsAsTheirDefinitionsSay) {
  auto net = network("linear(16) relu");
  optim::SGD sgd(net->parameters(), {.lr = 0.1});
  Monitor monitor(*net, sgd);
  manual_seed(4);
  const Tensor loss = nn::mse_loss((*net)(randn({8, 6})), randn({8, 1}));
  loss.backward();
  std::vector<double> rms, ratio;
  for (const auto& [name, parameter] : net->named_parameters()) {
    if (parameter.dimensions() != 2) continue;
    double g2 = 0, w2 = 0;
    for (const double g : parameter.grad().to_vector<double>()) g2 += g * g;
    for (const double w : parameter.to_vector<double>()) w2 += w * w;
    rms.push_back(std::sqrt(g2 / static_cast<double>(parameter.elements())));
    ratio.push_back(0.1 * std::sqrt(g2 / w2));
  }
  monitor.step(loss.item<double>());
  ASSERT_EQ(monitor.measurements().checks.size(), 1u);
  const Check& check = monitor.measurements().checks[0];
  for (std::size_t i = 0; i < rms.size(); ++i) {
    EXPECT_NEAR(check.weights[i].gradient_rms, rms[i], 1e-6 * rms[i]);
    EXPECT_NEAR(check.weights[i].update_ratio, ratio[i], 1e-3 * ratio[i]);
  }
  EXPECT_NEAR(check.gradient_norm, nn::grad_norm(net->parameters()), 1e-9);
}

TEST(Monitor, MeasuresTheSameWhereTheStepIsTakenBetweenItsHalves) {
  auto whole = network("linear(16) relu"), halves = network("linear(16) relu");
  optim::Adam a(whole->parameters()), b(halves->parameters());
  Monitor one(*whole, a), two(*halves, b);
  manual_seed(4);
  for (int i = 0; i < 40; ++i) {
    const Tensor x = randn({8, 6}), y = randn({8, 1});
    a.zero_grad();
    b.zero_grad();
    const Tensor loss = nn::mse_loss((*whole)(x), y);
    loss.backward();
    nn::mse_loss((*halves)(x), y).backward();
    EXPECT_TRUE(one.step(loss.item<double>()));
    EXPECT_EQ(two.is_due(), i < 8 || i % 16 == 0);
    ASSERT_TRUE(two.begin_step(loss.item<double>()));
    b.step();
    two.end_step();
  }
  const auto &checks = one.measurements().checks, &same = two.measurements().checks;
  ASSERT_EQ(checks.size(), same.size());
  for (std::size_t i = 0; i < checks.size(); ++i) {
    EXPECT_EQ(checks[i].step, same[i].step);
    EXPECT_EQ(checks[i].smoothed_loss, same[i].smoothed_loss);
    EXPECT_EQ(checks[i].weights[0].update_ratio, same[i].weights[0].update_ratio);
  }
}

TEST(Monitor, CountsUnitsOnCheckStepsAlone) {
  auto net = network("linear(16) relu");
  optim::SGD sgd(net->parameters(), {.lr = 0.0});
  Monitor monitor(*net, sgd);
  for (int i = 0; i < 33; ++i) {
    sgd.zero_grad();
    const Tensor loss = nn::mse_loss((*net)(randn({8, 6})), randn({8, 1}));
    loss.backward();
    monitor.step(loss.item<double>());
  }
  EXPECT_EQ(monitor.measurements().activity.front().rows, 10 * 8) << "of steps 0 to 7, 16 and 32";
}

TEST(Monitor, TakesNoStepWhereSomethingIsNoNumber) {
  auto net = network("linear(4) relu");
  optim::SGD sgd(net->parameters(), {.lr = 0.1});
  Monitor monitor(*net, sgd);
  const auto before = net->parameters()[0].to_vector<float>();
  nn::mse_loss((*net)(randn({8, 6})), randn({8, 1})).backward();
  EXPECT_FALSE(monitor.step(std::numeric_limits<double>::quiet_NaN()));
  net->parameters()[3].set_grad(full({1}, std::numeric_limits<double>::infinity()));
  EXPECT_FALSE(monitor.step(1.0));
  EXPECT_EQ(net->parameters()[0].to_vector<float>(), before);
  EXPECT_THAT(grave(monitor.findings()), Contains("exploding_gradient"));
}

TEST(Monitor, IsSilentAboutHealthyLoops) {
  for (const char* layers : {"linear(32) relu linear(32) relu", "linear(64) elu", "linear(16) tanh linear(16) tanh",
                             "linear(32) leaky_relu linear(32) leaky_relu linear(32) leaky_relu"})
    for (const std::uint64_t seed : {1, 2}) {
      EXPECT_TRUE(grave(train<optim::Adam>(layers, optim::AdamOptions{.lr = 1e-3}, 400, seed)).empty()) << layers;
      EXPECT_TRUE(grave(train<optim::SGD>(layers, optim::SgdOptions{.lr = 1e-2}, 400, seed)).empty()) << layers;
    }
}

TEST(Monitor, FindsStepsThatAreTooLarge) {
  for (const std::uint64_t seed : {1, 2, 3, 4})
    for (const char* layers : {"linear(32) relu linear(32) relu", "linear(64) elu linear(32) elu"})
      EXPECT_THAT(grave(train<optim::Adam>(layers, optim::AdamOptions{.lr = 0.3}, 100, seed)),
                  Contains("step_too_large"))
          << layers << " " << seed;
}

TEST(Monitor, FindsStepsThatAreTooSmall) {
  for (const std::uint64_t seed : {1, 2, 3, 4})
    for (const char* layers : {"linear(32) relu linear(32) relu", "linear(64) elu linear(32) elu"})
      EXPECT_THAT(grave(train<optim::SGD>(layers, optim::SgdOptions{.lr = 1e-8}, 100, seed)),
                  ::testing::ElementsAre("step_too_small"))
          << layers << " " << seed;
}

TEST(Monitor, FindsVanishingGradientsInDeepSigmoidNetworks) {
  std::string layers;
  for (int i = 0; i < 12; ++i) layers += "linear(24) sigmoid ";
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    const auto findings = train<optim::Adam>(layers, optim::AdamOptions{.lr = 1e-3}, 200, seed);
    ASSERT_THAT(grave(findings), Contains("vanishing_gradient")) << seed;
    EXPECT_EQ(findings[0].layer, "0.weight");
  }
}

TEST(Monitor, FindsExplodingGradients) {
  for (const std::uint64_t seed : {1, 2, 3, 4})
    for (const char* layers : {"linear(32) relu linear(32) relu", "linear(64) elu linear(32) elu"})
      EXPECT_THAT(grave(train<optim::SGD>(layers, optim::SgdOptions{.lr = 30}, 300, seed)),
                  ::testing::AnyOf(Contains("exploding_gradient"), Contains("dead_units")))
          << layers << " " << seed;
}

TEST(Monitor, FindsPlantedDeadUnitsInALoop) {
  auto net = network("linear(40) relu");
  net->parameters()[1].detach().slice(0, 0, 24).fill_(-100);
  optim::SGD sgd(net->parameters(), {.lr = 1e-3});
  Monitor monitor(*net, sgd);
  for (int i = 0; i < 200; ++i) {
    sgd.zero_grad();
    const Tensor loss = nn::mse_loss((*net)(randn({32, 6})), randn({32, 1}));
    loss.backward();
    monitor.step(loss.item<double>());
  }
  const auto findings = monitor.findings();
  ASSERT_FALSE(findings.empty());
  EXPECT_EQ(findings[0].rule, "dead_units");
  EXPECT_EQ(findings[0].severity, Severity::error);
  EXPECT_EQ(findings[0].units.size(), 24u);
}

TEST(Monitor, SaysSinceWhichStepUnitsAreDead) {
  auto net = network("linear(40) relu");
  optim::SGD sgd(net->parameters(), {.lr = 1e-3});
  Monitor monitor(*net, sgd, {.watch_units = false});
  const Tensor rows = randn({400, 6});
  const auto look = [&] {
    const UnitActivity activity(*net);
    (*net)(rows);
    monitor.look_at(activity);
  };
  const auto train_for = [&](int steps) {
    for (int i = 0; i < steps; ++i) {
      sgd.zero_grad();
      const Tensor loss = nn::mse_loss((*net)(randn({32, 6})), randn({32, 1}));
      loss.backward();
      monitor.step(loss.item<double>());
    }
  };
  const Tensor bias = net->parameters()[1].detach();
  train_for(10);
  look();
  bias.slice(0, 0, 20).fill_(-100);
  train_for(10);
  look();
  train_for(10);
  bias.slice(0, 20, 22).fill_(-100);
  look();
  const Finding finding = monitor.findings().front();
  EXPECT_EQ(finding.units.size(), 22u);
  EXPECT_EQ(finding.step, 20) << "when most of them died";
  EXPECT_THAT(to_string(finding), ::testing::HasSubstr("most of them since step 20"));

  auto same = network("linear(40) relu");
  optim::SGD other(same->parameters(), {.lr = 1e-3});
  Monitor goes_on(*same, other, {.watch_units = false});
  goes_on.restore(monitor.state());
  same->load_state(net->state());
  const UnitActivity activity(*same);
  (*same)(rows);
  goes_on.look_at(activity);
  EXPECT_EQ(goes_on.findings().front().step, 20);
}

TEST(Monitor, NamesTheOutputsOwnRectifierWhereItDiedThoughTheRowsAreFew) {
  manual_seed(0);
  nn::Sequential net{nn::Linear(1, 4), nn::ReLU(), nn::Linear(4, 1), nn::ReLU()};
  optim::Adam adam(net.parameters(), {.lr = 1e-3});
  Monitor monitor(net, adam);
  const Tensor x = tensor({-1.0f, 0.0f, 1.0f, 2.0f, 3.0f, 4.0f, 5.0f}).reshape({7, 1}), y = x * 2 - 1;
  Tensor bias = net.parameters().back().detach();
  for (int step = 0; step < 500; ++step) {
    if (step == 160) bias.fill_(-1000);
    adam.zero_grad();
    const Tensor loss = nn::mse_loss(net(x), y);
    loss.backward();
    monitor.step(loss.item<double>());
  }
  const std::vector<Finding> findings = monitor.findings();
  ASSERT_FALSE(findings.empty());
  EXPECT_EQ(findings[0].rule, "dead_units");
  EXPECT_EQ(findings[0].layer, "relu2");
  EXPECT_EQ(findings[0].severity, Severity::error);
  EXPECT_NEAR(static_cast<double>(findings[0].step), 160, 16);
  for (const Finding& f : findings) EXPECT_NE(f.rule, "step_too_small") << to_string(f);
}

TEST(Monitor, OfALoopSpeaksOfNoOptionAndKeepsNoWeights) {
  const auto net = network("linear(16) relu");
  optim::SGD sgd(net->parameters(), {.lr = 1e-3});
  Monitor monitor(*net, sgd);
  monitor.step(std::nan(""));
  const Finding finding = monitor.findings().at(0);
  EXPECT_EQ(finding.rule, "exploding_gradient");
  EXPECT_THAT(to_string(finding), ::testing::Not(::testing::HasSubstr("kept")));
  EXPECT_THAT(to_string(finding), ::testing::HasSubstr("a learning rate of 0.0001"));
  EXPECT_THAT(to_string(finding), ::testing::Not(::testing::HasSubstr("--")));
}

TEST(Monitor, SaysTheSameTwice) {
  const auto run = [] {
    std::string text;
    for (const Finding& f :
         train<optim::Adam>("linear(32) relu linear(32) relu", optim::AdamOptions{.lr = 0.3}, 150, 7))
      text += to_string(f) + "\n";
    return text;
  };
  EXPECT_EQ(run(), run());
}

}  // namespace
}  // namespace relume::health
