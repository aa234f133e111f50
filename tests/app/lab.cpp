// relume lab.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/app/run_app.h"

namespace relume::app {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;
using Json = nlohmann::json;

class Lab : public testing::TestWithParam<const char*> {};

TEST_P(Lab, PrintsItsTableItsVerdictsAndSavesItsPicture) {
  const Workplace place;
  const Outcome text = relume(place, {"lab", GetParam(), "--seeds", "2", "-o", "picture.svg"});
  ASSERT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, StartsWith("Claim: "));
  EXPECT_THAT(place.read("picture.svg"), HasSubstr("<svg"));
  const Outcome outcome = relume(place, {"lab", GetParam(), "--seeds", "2", "--json"});
  const Json j = Json::parse(outcome.out);
  EXPECT_EQ(j["experiment"], GetParam());
  ASSERT_GT(j["rows"].size(), 3u);
  for (const auto& row : j["rows"]) EXPECT_EQ(row.size(), j["header"].size());
  for (const std::string verdict : j["verdicts"]) EXPECT_THAT(text.out, HasSubstr(verdict)) << "the same each time";
}

INSTANTIATE_TEST_SUITE_P(Experiments, Lab, testing::Values("vanishing", "dying", "exploding", "sparsity"),
                         [](const auto& experiment) { return std::string(experiment.param); });

TEST(LabCommand, FindsThatTheSigmoidVanishesAndTheTanhDoesNot) {
  const Workplace place;
  const Json j = Json::parse(relume(place, {"lab", "vanishing", "--json"}).out);
  EXPECT_THAT(j["verdicts"], Contains(testing::ResultOf([](const Json& v) { return v.get<std::string>(); },
                                                        StartsWith("held for sigmoid: vanished from depth 5 on"))));
  EXPECT_THAT(j["verdicts"], Contains(testing::ResultOf([](const Json& v) { return v.get<std::string>(); },
                                                        StartsWith("did not hold for tanh"))));
}

TEST(LabCommand, NamesEveryVariantInEachVerdictOnDying) {
  const Workplace place;
  const Json j = Json::parse(relume(place, {"lab", "dying", "--seeds", "1", "--json"}).out);
  for (const std::string verdict : j["verdicts"])
    for (const char* variant : {"leaky_relu", "prelu", "elu", "relu, revived"})
      EXPECT_THAT(verdict, HasSubstr(variant)) << verdict;
}

TEST(LabCommand, SaysWhatExperimentsThereAre) {
  const Workplace place;
  EXPECT_EQ(relume(place, {"lab", "--help"}).status, 0);
  EXPECT_THAT(relume(place, {"lab", "--help"}).out, HasSubstr("vanishing"));
  EXPECT_EQ(relume(place, {"lab", "nonsense"}).status, 2);
  EXPECT_EQ(relume(place, {"lab"}).status, 2);
}

}  // namespace
}  // namespace relume::app
