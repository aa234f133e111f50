// What a Trainer does about dead units and explosions.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/health/unit_site.h"
#include "relume/train/evaluate.h"
#include "tests/train/small_problem.h"

namespace relume::training {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view layers = "linear(40) relu linear(40) relu";

/// Kills three quarters of the first layer and nine tenths of the second.
void kill_units(io::Model& model) {
  const auto sites = health::unit_sites(*model.network);
  sites[0].incoming->bias.detach().slice(0, 0, 30).fill_(-1e3);
  sites[1].incoming->bias.detach().slice(0, 0, 36).fill_(-1e3);
}

double dead_share_after(Options options, double* r2 = nullptr, History* history = nullptr) {
  options.epochs = 60;
  options.lr = 5e-3;
  options.patience = 100;
  Problem p = make_problem("friedman", layers, 800);
  kill_units(p.model);
  Trainer trainer(p.model, p.dataset, p.split, options);
  const History h = trainer.run();
  if (history) *history = h;
  if (r2) *r2 = evaluate(p.model, p.dataset, p.split.valid).r2;
  return h.rows.back().dead_share;
}

TEST(OnDead, ReviveBringsAPlantedNetworkBackToItsHealthyTwin) {
  Problem twin = make_problem("friedman", layers, 800);
  Trainer trainer(twin.model, twin.dataset, twin.split, {.epochs = 60, .lr = 5e-3, .patience = 100});
  trainer.run();
  const double healthy = evaluate(twin.model, twin.dataset, twin.split.valid).r2;
  double sick = 0, revived = 0;
  EXPECT_GT(dead_share_after({}, &sick), 0.7);
  EXPECT_LT(dead_share_after({.on_dead = OnDead::revive}, &revived), 0.1);
  EXPECT_LT(sick, healthy - 0.01) << "the fault that was planted does no harm";
  EXPECT_GT(revived, healthy - 0.01);
}

TEST(OnDead, SaysWhatItDid) {
  History reported, revived, leaky;
  dead_share_after({}, nullptr, &reported);
  EXPECT_THAT(reported.cures, IsEmpty());
  EXPECT_THAT(reported.findings, Contains(Field(&health::Finding::rule, "dead_units")));
  EXPECT_EQ(reported.findings.front().severity, health::Severity::error);
  dead_share_after({.on_dead = OnDead::revive}, nullptr, &revived);
  EXPECT_THAT(revived.cures, Contains(HasSubstr("units of relu1")));
  EXPECT_EQ(dead_share_after({.on_dead = OnDead::leaky}, nullptr, &leaky), 0);
  EXPECT_THAT(leaky.cures, Contains(HasSubstr("relu2, of whose 40 units")));
}

TEST(OnDead, StopEndsTheRunWhereHalfOfALayerIsDead) {
  History history;
  dead_share_after({.on_dead = OnDead::stop}, nullptr, &history);
  EXPECT_EQ(history.ending, Ending::dead_units);
  EXPECT_THAT(history.rows, SizeIs(1));
}

TEST(OnDead, LeavesAHealthyNetworkAlone) {
  for (const OnDead what : {OnDead::revive, OnDead::leaky, OnDead::stop}) {
    Problem p = make_problem("friedman", layers, 600);
    Trainer trainer(p.model, p.dataset, p.split, {.epochs = 8, .on_dead = what});
    const History history = trainer.run();
    EXPECT_EQ(history.ending, Ending::all_epochs);
    EXPECT_THAT(history.cures, IsEmpty());
    EXPECT_EQ(nn::to_string(p.model.layers), layers);
  }
}

TEST(OnDead, LeakyIsInTheModelAndInWhatGoesOnFromItsCheckpoint) {
  const Options options{.epochs = 6, .on_dead = OnDead::leaky};
  Problem whole = make_problem("friedman", layers, 400), first = make_problem("friedman", layers, 400),
          second = make_problem("friedman", layers, 400);
  kill_units(whole.model);
  kill_units(first.model);
  Trainer all(whole.model, whole.dataset, whole.split, options);
  all.run();
  EXPECT_EQ(nn::to_string(whole.model.layers), "linear(40) leaky_relu linear(40) leaky_relu");
  Trainer begins(first.model, first.dataset, first.split, options);
  std::atomic<bool> stop = false;
  begins.stop = &stop;
  begins.on_epoch = [&](const EpochRow& row) { stop = row.epoch == 3; };
  begins.run();
  Trainer ends(second.model, second.dataset, second.split, options);
  ends.restore(begins.checkpoint());
  ends.run();
  EXPECT_EQ(nn::to_string(second.model.layers), nn::to_string(whole.model.layers));
  EXPECT_EQ(weights_of(second.model), weights_of(whole.model));
}

TEST(OnExplode, GoesBackAndLearns) {
  for (const OnExplode what : {OnExplode::backoff, OnExplode::clip}) {
    Problem p = make_problem("friedman", "linear(40) leaky_relu(0.3) linear(40) leaky_relu(0.3)", 800);
    Trainer trainer(p.model, p.dataset, p.split,
                    {.epochs = 40, .optimizer = "sgd", .lr = 0.5, .patience = 100, .on_explode = what});
    const History history = trainer.run();
    EXPECT_EQ(history.ending, Ending::all_epochs) << name(what);
    EXPECT_FALSE(history.cures.empty()) << name(what);
    EXPECT_THAT(history.findings, Contains(Field(&health::Finding::rule, "exploding_gradient"))) << name(what);
    for (const float w : weights_of(p.model)) ASSERT_TRUE(std::isfinite(w));
    if (what == OnExplode::backoff) {
      EXPECT_GT(evaluate(p.model, p.dataset, p.split.valid).r2, 0.5);
    }
  }
}

TEST(OnExplode, StopKeepsTheLastGoodWeights) {
  Problem p = make_problem("friedman", layers, 400);
  Trainer trainer(p.model, p.dataset, p.split, {.epochs = 40, .optimizer = "sgd", .lr = 1e4});
  const History history = trainer.run();
  EXPECT_EQ(history.ending, Ending::not_finite);
  EXPECT_EQ(history.findings.front().rule, "exploding_gradient");
  for (const float w : weights_of(p.model)) ASSERT_TRUE(std::isfinite(w));
}

TEST(Findings, OfDefaultRunsAreNeverErrors) {
  for (const char* problem : {"moons", "circles", "spirals", "friedman"})
    for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
      Problem p = make_problem(problem, "linear(64) relu linear(32) relu", 1000, seed);
      Trainer trainer(p.model, p.dataset, p.split, {.epochs = 15, .seed = seed});
      for (const health::Finding& finding : trainer.run().findings)
        EXPECT_NE(finding.severity, health::Severity::error) << problem << " " << seed << " " << to_string(finding);
    }
}

TEST(Findings, AreTheSameForTheSameSeed) {
  const auto text = [] {
    Problem p = make_problem("friedman", layers, 400);
    kill_units(p.model);
    Trainer trainer(p.model, p.dataset, p.split, {.epochs = 3, .lr = 0.1, .on_dead = OnDead::revive});
    const History history = trainer.run();
    std::string all;
    for (const health::Finding& finding : history.findings) all += to_string(finding) + "\n";
    for (const std::string& cure : history.cures) all += cure + "\n";
    return all;
  };
  EXPECT_EQ(text(), text());
}

TEST(Options, NameTheCuresThatTheyDoNotKnow) {
  EXPECT_EQ(on_dead_from_name("leaky"), OnDead::leaky);
  EXPECT_EQ(on_explode_from_name("clip"), OnExplode::clip);
  EXPECT_THROW(on_dead_from_name("clip"), ValueError);
  EXPECT_THROW(on_explode_from_name("revive"), ValueError);
}

TEST(Explosions, ThatAreFiniteAreMendedFromTheBestWeightsAndNotFromTheLast) {
  Problem p = make_problem("friedman", "linear(64) relu linear(64) relu", 1000);
  Options options{.epochs = 30, .batch_size = 32, .optimizer = "sgd", .lr = 3};
  options.on_explode = OnExplode::backoff;
  options.on_dead = OnDead::revive;
  Trainer trainer(p.model, p.dataset, p.split, options);
  const History history = trainer.run();
  EXPECT_EQ(history.ending, Ending::all_epochs);
  EXPECT_FALSE(history.cures.empty());
  EXPECT_GT(evaluate(p.model, p.dataset, p.split.valid).r2, 0.7);
}

}  // namespace
}  // namespace relume::training
