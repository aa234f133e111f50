// What an examination sees of a model on rows, and what it does about it.
#include "relume/train/doctor.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/data/open.h"
#include "relume/nn/linear.h"
#include "relume/train/evaluate.h"
#include "relume/train/run.h"
#include "tests/train/small_problem.h"

namespace relume::training {
namespace {

/// A trained model of 16 units of which the first five never fire again.
io::Model sick_model() {
  const Options options{.layers = "linear(16) relu", .epochs = 5, .lr = 0.01, .seed = 1};
  const auto run = training::run(make_job("builtin:moons", options), options);
  auto& linear = dynamic_cast<nn::Linear&>((*run.model.network)[0]);
  linear.bias.detach().slice(0, 0, 5).fill_(-1000);
  return run.model;
}

Examination examination_of(const io::Model& model) { return examine(model, io::make_trial(model, "builtin:moons")); }

TEST(Doctor, CountsThePlantedDeadUnitsAndSaysSo) {
  const Examination e = examination_of(sick_model());
  ASSERT_EQ(e.layers.size(), 2u);
  EXPECT_EQ(e.layers[0].units, 16);
  EXPECT_EQ(e.count(e.layers[0], "dead_units"), 5);
  EXPECT_GT(e.layers[0].gradient_rms, 0);
  EXPECT_FALSE(e.is_healthy());
  EXPECT_TRUE(
      std::ranges::any_of(e.findings, [](const auto& f) { return f.rule == "dead_units" && f.units.size() == 5; }));
  EXPECT_EQ(e.too_little_evidence(), "");
}

TEST(Doctor, TakesDeadUnitsOutOrRevivesThemAndLeavesTheModelAsItWas) {
  const io::Model model = sick_model();
  const std::vector<float> before = weights_of(model);
  const Examination e = examination_of(model);
  const Fixed smaller = e.fix(Fix::remove), revived = e.fix(Fix::revive);
  EXPECT_EQ(nn::to_string(smaller.model.layers), "linear(11) relu");
  EXPECT_EQ(smaller.parameters_before - smaller.parameters, 5 * (2 + 1 + 2));
  EXPECT_EQ(smaller.units.front().second, 5);
  EXPECT_EQ(examination_of(smaller.model).count(examination_of(smaller.model).layers[0], "dead_units"), 0);
  EXPECT_EQ(revived.units.front().second, 5);
  EXPECT_EQ(examination_of(revived.model).count(examination_of(revived.model).layers[0], "dead_units"), 0);
  EXPECT_LT(smaller.largest_difference, 1e-5);
  EXPECT_LT(revived.largest_difference, 1e-5);
  EXPECT_EQ(weights_of(model), before);
}

TEST(Doctor, SaysTheSameASecondTime) {
  const io::Model model = sick_model();
  const Examination first = examination_of(model), second = examination_of(model);
  EXPECT_EQ(first.layers[0].gradient_rms, second.layers[0].gradient_rms);
}

}  // namespace
}  // namespace relume::training
