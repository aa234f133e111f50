// Examining and mending a trained model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/app/run_app.h"

namespace relume::app {
namespace {

using testing::HasSubstr;

/// A model that was trained with that learning rate.
void train(const Workplace& place, const std::string& lr) {
  ASSERT_EQ(relume(place, {"train", "builtin:spirals", "--lr", lr, "--epochs", "10", "--out", "run", "--quiet"}).status,
            0);
}

TEST(Doctor, FindsAHealthyModelHealthy) {
  const Workplace place;
  train(place, "0.001");
  const Outcome outcome = relume(place, {"doctor", "run/model.safetensors", "builtin:spirals"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("relu1"));
}

TEST(Doctor, FindsDeadUnitsAndTakesThemOutWithoutAChangeOfTheOutputs) {
  const Workplace place;
  train(place, "0.1");
  const Outcome sick = relume(
      place, {"doctor", "run/model.safetensors", "builtin:spirals", "--fix", "-o", "small.safetensors", "--json"});
  EXPECT_EQ(sick.status, 1) << sick.err;
  const auto j = nlohmann::json::parse(sick.out);
  EXPECT_EQ(j["findings"][0]["rule"], "dead_units");
  EXPECT_LT(j["fixed"]["parameters"].get<int>(), j["fixed"]["parameters_before"].get<int>() / 2);
  EXPECT_LT(j["fixed"]["largest_difference"].get<double>(), 1e-5);
  EXPECT_EQ(relume(place, {"eval", "run/model.safetensors", "builtin:spirals"}).out,
            relume(place, {"eval", "small.safetensors", "builtin:spirals"}).out);
  EXPECT_EQ(relume(place, {"doctor", "small.safetensors", "builtin:spirals"}).status, 0);
}

TEST(Doctor, AsksWhereTheMendedModelIsToGo) {
  const Workplace place;
  const Outcome outcome = relume(place, {"doctor", "model.safetensors", "builtin:spirals", "--fix"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("-o FILE"));
}

}  // namespace
}  // namespace relume::app
