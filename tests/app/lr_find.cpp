// relume lr-find.
#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/app/run_app.h"

namespace relume::app {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

Json found(const Workplace& place, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "lr-find");
  arguments.push_back("--json");
  const Outcome outcome = relume(place, arguments);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return outcome.status == 0 ? Json::parse(last_line(outcome.out)) : Json::object();
}

double valid_loss(const Workplace& place, double rate, const std::string& name) {
  const Outcome outcome =
      relume(place, {"train", "builtin:moons", "--hidden", "32,32", "--epochs", "3", "--seed", "1", "--lr",
                     std::to_string(rate), "--schedule", "none", "--quiet", "--json", "--out", name});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return Json::parse(last_line(outcome.out)).at("valid").at("loss").get<double>();
}

TEST(LrFind, SuggestsARateThatBeatsAHundredthOfIt) {
  const Workplace place;
  const Json j = found(place, {"builtin:moons", "--hidden", "32,32", "--seed", "1"});
  const double suggested = j.at("suggested").get<double>();
  EXPECT_LT(valid_loss(place, suggested, "run"), 0.7 * valid_loss(place, suggested / 100, "slow"));
}

TEST(LrFind, FindsTheLowestPointOfItsOwnCurveAndTheSameAgain) {
  const Workplace place;
  const Json j = found(place, {"builtin:friedman", "--optimizer", "sgd"});
  const auto losses = j.at("losses").get<std::vector<double>>(), rates = j.at("rates").get<std::vector<double>>();
  const auto lowest = static_cast<std::size_t>(std::min_element(losses.begin(), losses.end()) - losses.begin());
  EXPECT_EQ(j.at("lowest_at").get<double>(), rates[lowest]);
  EXPECT_NEAR(j.at("suggested").get<double>(), rates[lowest] / 10, rates[lowest] / 20);
  EXPECT_LE(losses.back(), 4 * losses[lowest]);
  EXPECT_TRUE(std::is_sorted(rates.begin(), rates.end()));
  EXPECT_EQ(found(place, {"builtin:friedman", "--optimizer", "sgd"}), j);
}

TEST(LrFind, SaysWhatIsWrong) {
  const Workplace place;
  const auto error = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "lr-find");
    const Outcome outcome = relume(place, arguments);
    EXPECT_EQ(outcome.status, 2) << outcome.out;
    return outcome.err;
  };
  EXPECT_THAT(error({"builtin:moons", "--from", "1", "--to", "0.1"}), HasSubstr("rates from 1 to 0.1"));
  EXPECT_THAT(error({"builtin:moons", "--from", "1e-12", "--to", "1e-11"}), HasSubstr("falls at no rate"));
  EXPECT_THAT(error({"builtin:moons", "--hidden", "0"}), HasSubstr("lr-find: --hidden 0"));
  EXPECT_THAT(error({"none.csv"}), HasSubstr("none.csv"));
}

}  // namespace
}  // namespace relume::app
