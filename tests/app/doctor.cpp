// Examining and mending a trained model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "relume/base/rng.h"
#include "relume/io/safetensors.h"
#include "relume/tensor/tensor.h"
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

TEST(Doctor, CallsNothingHealthyByThreeRows) {
  const Workplace place;
  place.write("t.csv", labelled_table());
  place.write("three.csv", labelled_table(3));
  ASSERT_EQ(relume(place, {"train", "t.csv", "--epochs", "3", "--out", "run", "--quiet"}).status, 0);
  const Outcome few = relume(place, {"doctor", "run/model.safetensors", "three.csv"});
  EXPECT_THAT(few.out, HasSubstr("not enough evidence: 3 rows"));
  EXPECT_THAT(few.out, testing::Not(HasSubstr("healthy")));
  const Outcome json = relume(place, {"doctor", "run/model.safetensors", "three.csv", "--json"});
  EXPECT_FALSE(nlohmann::json::parse(json.out)["enough_evidence"].get<bool>());
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

TEST(Doctor, RevivesDeadUnitsWithoutAChangeOfTheOutputs) {
  const Workplace place;
  train(place, "0.1");
  const Outcome outcome = relume(place, {"doctor", "run/model.safetensors", "builtin:spirals", "--fix=revive", "-o",
                                         "revived.safetensors", "--json"});
  const auto j = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(j["fixed"]["revived"]["relu1"], j["layers"][0]["dead_units"]);
  EXPECT_EQ(j["fixed"]["parameters"], j["fixed"]["parameters_before"]);
  EXPECT_LT(j["fixed"]["largest_difference"].get<double>(), 1e-6);
  const Outcome after = relume(place, {"doctor", "revived.safetensors", "builtin:spirals", "--json"});
  EXPECT_EQ(after.status, 0) << after.out;
  EXPECT_EQ(nlohmann::json::parse(after.out)["layers"][0]["dead_units"], 0);
}

TEST(Doctor, JudgesByTheThresholdsThatItIsGiven) {
  const Workplace place;
  train(place, "0.1");
  const auto doctor = [&](const std::string& threshold) {
    return relume(place, {"doctor", "run/model.safetensors", "builtin:spirals", "--threshold", threshold});
  };
  EXPECT_EQ(doctor("dead_share.warning=1").status, 1) << "still errors";
  EXPECT_EQ(relume(place, {"doctor", "run/model.safetensors", "builtin:spirals", "--threshold", "dead_share.warning=1",
                           "--threshold", "dead_share.error=1"})
                .status,
            0);
  EXPECT_EQ(doctor("dead_share.warnin=1").status, 2);
  EXPECT_THAT(doctor("dead_share.warnin=1").err, HasSubstr("did you mean \"dead_share.warning\""));
}

TEST(Rules, AreListedWithTheirThresholds) {
  const Workplace place;
  const Outcome outcome = relume(place, {"rules"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("vanishing_gradient"));
  EXPECT_THAT(outcome.out, HasSubstr("near_dead_rate"));
}

TEST(Doctor, AsksWhereTheMendedModelIsToGo) {
  const Workplace place;
  const Outcome outcome = relume(place, {"doctor", "model.safetensors", "builtin:spirals", "--fix"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("-o FILE"));
}

/// A network 2-12-3-2 as PyTorch names it, with matrices whose names sort wrongly as text and two dead units.
void save_foreign(const Workplace& place) {
  manual_seed(3);
  io::SafeTensors file;
  const Tensor bias = zeros({12});
  bias.data<float>()[1] = bias.data<float>()[4] = -100;
  file.tensors = {{"net.10.weight", randn({2, 3})},
                  {"net.2.weight", randn({3, 12})},
                  {"net.2.bias", zeros({3})},
                  {"net.0.weight", randn({12, 2})},
                  {"net.0.bias", bias}};
  io::save_safetensors(place / "foreign.safetensors", file);
}

TEST(Doctor, ExaminesANetworkThatOthersHaveSaved) {
  const Workplace place;
  save_foreign(place);
  const Outcome outcome = relume(place, {"doctor", "foreign.safetensors", "builtin:spirals", "--layers",
                                         "linear(12) relu linear(3) elu", "--json"});
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  const auto j = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(j["findings"][0]["rule"], "dead_units");
  EXPECT_EQ(j["findings"][0]["layer"], "relu1");
  EXPECT_EQ(j["findings"][0]["units"], nlohmann::json({1, 4}));
  const Outcome with_output = relume(place, {"doctor", "foreign.safetensors", "builtin:spirals", "--layers",
                                             "linear(12) relu linear(3) elu linear(2)", "--json"});
  EXPECT_EQ(with_output.out, outcome.out);
}

TEST(Doctor, SaysWhichWeightsDoNotFitTheLayersThatAreGiven) {
  const Workplace place;
  save_foreign(place);
  place.write("wide.csv", "a,b,c,label\n1,2,3,x\n4,5,6,y\n");
  place.write("text.csv", "a,b,label\n1,2,x\n4,blue,y\n");
  const auto error = [&](const std::string& layers, const std::string& data) {
    const Outcome outcome = relume(place, {"doctor", "foreign.safetensors", data, "--layers", layers});
    EXPECT_EQ(outcome.status, 2) << layers;
    return outcome.err;
  };
  EXPECT_THAT(error("linear(12) relu", "builtin:spirals"), HasSubstr("holds 3 matrices"));
  EXPECT_THAT(error("linear(11) relu linear(3) relu", "builtin:spirals"), HasSubstr("net.0.weight is [12, 2]"));
  EXPECT_THAT(error("linear(12) relu linear(3) relu", "wide.csv"), HasSubstr("have 3 values, the first layer takes 2"));
  EXPECT_THAT(error("linear(12) relu linear(3) relu", "text.csv"), HasSubstr("column 'b' is no number"));
}

}  // namespace
}  // namespace relume::app
