// Which columns a run learns from and which one it learns.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/app/run_app.h"

namespace relume::app {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using Names = std::vector<std::string>;

Names used(const Outcome& outcome) { return Json::parse(last_line(outcome.out)).at("columns").at("used"); }

Outcome train(const Workplace& place, std::vector<std::string> more) {
  std::vector<std::string> arguments = {"train", "data.csv", "--epochs", "2", "--json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return relume(place, arguments);
}

TEST(Columns, AreUsedAndDroppedByNameAndByNumber) {
  const Workplace place;
  place.write("data.csv", labelled_table());  // x1, x2, colour, label
  EXPECT_THAT(used(train(place, {"--drop", "colour"})), ElementsAre("x1", "x2"));
  EXPECT_THAT(used(train(place, {"--drop", "1,colour"})), ElementsAre("x2"));
  EXPECT_THAT(used(train(place, {"--drop", "x1", "--drop", "x2"})), ElementsAre("colour"));
  EXPECT_THAT(used(train(place, {"--use", "x2,x1"})), ElementsAre("x1", "x2"));
  EXPECT_THAT(used(train(place, {"--use", "x1,colour", "--drop", "colour"})), ElementsAre("x1"));
  const Outcome outcome = train(place, {"--drop", "colour"});
  EXPECT_EQ(Json::parse(last_line(outcome.out)).at("columns").at("left_out").at("colour"), "not wanted");
}

TEST(Columns, ThatWereDroppedMayLackWhenPredicting) {
  const Workplace place;
  place.write("data.csv", labelled_table());
  ASSERT_EQ(train(place, {"--drop", "colour", "--out", "run"}).status, 0);
  place.write("new.csv", "x2,x1\n3,3\n-3,-3\n");
  const Outcome outcome = relume(place, {"predict", "run/model.safetensors", "new.csv"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(lines_of(outcome.out).size(), 3u);
}

TEST(Columns, ThatAreNotThereAreNamed) {
  const Workplace place;
  place.write("data.csv", labelled_table());
  const Outcome unknown = train(place, {"--drop", "color"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.err, HasSubstr("drop: data.csv has no column 'color', did you mean 'colour'?"));
  const Outcome target = train(place, {"--drop", "label"});
  EXPECT_EQ(target.status, 2);
  EXPECT_THAT(target.err, HasSubstr("'label' is the target"));
  EXPECT_EQ(train(place, {"--use", "label"}).status, 2) << "nothing to learn from";
}

TEST(Target, IsNamedWithItsKind) {
  const Workplace place;
  place.write("data.csv", labelled_table());
  const Outcome text = train(place, {});
  EXPECT_THAT(text.err, HasSubstr("target label: text, 2 classes: no, yes; another column: --target"));
  EXPECT_EQ(Json::parse(last_line(text.out)).at("target"), (Json{{"column", "label"}, {"kind", "text"}}));
  const Outcome numbers = train(place, {"--target", "x1"});
  EXPECT_THAT(numbers.err, HasSubstr("target x1: numbers, a regression"));
  EXPECT_EQ(Json::parse(last_line(numbers.out)).at("target"), (Json{{"column", "x1"}, {"kind", "number"}}));
}

TEST(Target, OfNumbersThatAreTakenAsClassesSaysHowToHaveARegression) {
  const Workplace place;
  std::string table = "x,stars\n";
  for (int i = 0; i < 100; ++i)
    table += std::to_string(i * 7 % 10) + "." + std::to_string(i) + "," + std::to_string(1 + i * 7 % 10 / 2) + "\n";
  place.write("data.csv", table);
  EXPECT_THAT(train(place, {}).err, HasSubstr("target stars: numbers, 5 classes: 1, 2, 3, 4, 5 (--task regression"));
}

}  // namespace
}  // namespace relume::app
