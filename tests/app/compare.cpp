// relume compare.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/app/run_app.h"

namespace relume::app {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using Json = nlohmann::json;

std::vector<std::string> comparison(const std::vector<std::string>& more) {
  std::vector<std::string> words = {"compare", "builtin:moons", "--hidden", "8", "--epochs", "3", "--seeds", "3"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(CompareCommand, PrintsATableAndWhatItAllowsToSay) {
  const Workplace place;
  const Outcome outcome = relume(place, comparison({"--activations", "relu,relu6,identity"}));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, StartsWith("accuracy on the test set, mean of 3 seeds"));
  for (const char* name : {"relu ", "relu6 ", "identity "}) EXPECT_THAT(outcome.out, HasSubstr(name));
  EXPECT_THAT(outcome.out, HasSubstr("no difference shown"));
  EXPECT_THAT(outcome.err, HasSubstr("9/9"));
}

TEST(CompareCommand, GivesTheSameAsJsonCsvAndPicture) {
  const Workplace place;
  const Outcome outcome = relume(
      place, comparison({"--activations", "relu,elu", "--json", "--quiet", "--csv", "runs.csv", "-o", "curves.svg"}));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  const Json j = Json::parse(outcome.out);
  EXPECT_EQ(j["measured_on"], "test set");
  EXPECT_EQ(j["variants"].size(), 2u);
  EXPECT_EQ(j["variants"][0]["values"].size(), 3u);
  EXPECT_EQ(j["pairs"].size(), 1u);
  double sum = 0;
  for (const double value : j["variants"][1]["values"]) sum += value;
  EXPECT_NEAR(j["variants"][1]["mean"].get<double>(), sum / 3, 1e-12);
  const std::string csv = place.read("runs.csv");
  EXPECT_THAT(csv, StartsWith("activation,seed,accuracy,loss,"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 7);
  EXPECT_THAT(place.read("curves.svg"), HasSubstr("<svg"));
}

TEST(CompareCommand, SaysInOneLineWhatIsWrong) {
  const Workplace place;
  for (const auto& [more, said] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--activations", "relu"}, "two or more"},
           {{"--activations", "relu,rulu"}, "rulu"},
           {{"--activations", "relu,elu", "--layers", "linear(3) relu"}, "--hidden"},
           {{"--activations", "relu,elu", "--hidden", "8,x"}, "layer widths"},
           {{}, "--activations"}}) {
    std::vector<std::string> words = comparison(more);
    if (more.size() > 2 && more[2] == "--layers") words.erase(words.begin() + 2, words.begin() + 4);
    if (more.size() > 2 && more[2] == "--hidden") words.erase(words.begin() + 2, words.begin() + 4);
    const Outcome outcome = relume(place, words);
    EXPECT_EQ(outcome.status, 2) << said;
    EXPECT_THAT(outcome.err, HasSubstr(said));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  }
}

}  // namespace
}  // namespace relume::app
