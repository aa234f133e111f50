// What stands beside predictions: ids, JSON, what the model has no category for; and data from a pipe.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/app/run_app.h"

namespace relume::app {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

void train_into(const Workplace& place, const std::string& table, const std::string& run) {
  place.write("data.csv", table);
  ASSERT_EQ(relume(place, {"train", "data.csv", "--epochs", "5", "--out", run, "--quiet"}).status, 0);
}

TEST(Predictions, HaveTheColumnInFrontThatNamesTheirRows) {
  const Workplace place;
  train_into(place, labelled_table(), "run");
  place.write("new.csv", "key,x1,x2,colour\n007,3,3,red\n\"a,b\",-3,-3,red\nNA,1,1,red\n");
  const Outcome outcome = relume(place, {"predict", "run/model.safetensors", "new.csv", "--id", "key"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(lines_of(outcome.out), ElementsAre("key,prediction,p(no),p(yes)", StartsWith("007,"),
                                                 StartsWith("\"a,b\","), StartsWith("NA,")));
  EXPECT_EQ(relume(place, {"predict", "run/model.safetensors", "new.csv", "--id", "1"}).out, outcome.out);
  const Outcome unknown = relume(place, {"predict", "run/model.safetensors", "new.csv", "--id", "nokey"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.err, HasSubstr("no column 'nokey'"));
  EXPECT_EQ(unknown.out, "") << "no header without predictions";
}

TEST(Predictions, AreOneJsonObjectOnDemand) {
  const Workplace place;
  train_into(place, labelled_table(), "run");
  place.write("new.csv", "key,x1,x2,colour\nA,3,3,red\nB,-3,-3,red\n");
  const Outcome csv = relume(place, {"predict", "run/model.safetensors", "new.csv"});
  const Outcome outcome = relume(place, {"predict", "run/model.safetensors", "new.csv", "--json", "--id", "key"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(lines_of(outcome.out).size(), 1u);
  const Json j = Json::parse(outcome.out);
  EXPECT_EQ(j.at("task"), "classification");
  EXPECT_EQ(j.at("labels"), (Json{"no", "yes"}));
  EXPECT_EQ(j.at("rows"), 2);
  ASSERT_EQ(j.at("predictions").size(), 2u);
  EXPECT_EQ(j["predictions"][0]["id"], "A");
  EXPECT_EQ(j["predictions"][0]["prediction"], "yes");
  EXPECT_EQ(j["predictions"][1]["prediction"], "no");
  const double sum =
      j["predictions"][0]["probabilities"][0].get<double>() + j["predictions"][0]["probabilities"][1].get<double>();
  EXPECT_NEAR(sum, 1, 1e-5);
  train_into(place, measured_table(), "regression");
  place.write("numbers.csv", "x1,x2\n1,1\n");
  const Json value =
      Json::parse(relume(place, {"predict", "regression/model.safetensors", "numbers.csv", "--json"}).out);
  EXPECT_EQ(value.at("task"), "regression");
  EXPECT_TRUE(value["predictions"][0]["prediction"].is_number());
}

TEST(Predictions, SayForHowManyFieldsTheModelHasNoCategory) {
  const Workplace place;
  train_into(place, labelled_table(), "run");
  place.write("new.csv", "x1,x2,colour\n3,3,red\n-3,-3,mauve\n1,1,teal\n");
  const Outcome outcome = relume(place, {"predict", "run/model.safetensors", "new.csv"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(
      outcome.err,
      HasSubstr("new.csv:3: 'mauve' in column 'colour' is no category of the model, as 2 of its fields are not"));
  EXPECT_EQ(lines_of(outcome.out).size(), 4u);
}

TEST(StandardInput, IsReadByItsUsualName) {
  const Workplace place;
  const Outcome trained =
      relume(place, {"train", "-", "--epochs", "3", "--out", "run", "--json"}, {.input = labelled_table()});
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_EQ(Json::parse(last_line(trained.out)).at("columns").at("used").size(), 3u);
  const std::string rows = "x1,x2,colour\n3,3,red\n-3,-3,blue\n";
  place.write("new.csv", rows);
  EXPECT_EQ(relume(place, {"predict", "run/model.safetensors", "-"}, {.input = rows}).out,
            relume(place, {"predict", "run/model.safetensors", "new.csv"}).out);
  EXPECT_EQ(relume(place, {"eval", "run/model.safetensors", "-"}, {.input = labelled_table()}).status, 0);
}

}  // namespace
}  // namespace relume::app
