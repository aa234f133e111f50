// How long a model's predictions take, as the command line tells it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/app/run_app.h"

namespace relume::app {
namespace {

using testing::HasSubstr;

TEST(Bench, TellsTimesAndBytesOfOneRowAndOfMany) {
  const Workplace place;
  place.write("t.csv", labelled_table());
  ASSERT_EQ(relume(place, {"train", "t.csv", "--epochs", "1", "--quiet", "--out", "run"}).status, 0);
  for (const char* data : {"", "t.csv"}) {
    std::vector<std::string> arguments = {"bench", "run/model.safetensors", "--seconds", "0.02", "--json"};
    if (*data) arguments.emplace_back(data);
    const Outcome outcome = relume(place, arguments);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const auto j = nlohmann::json::parse(outcome.out)["float"];
    EXPECT_GT(j["plan_bytes"], 1000);
    ASSERT_EQ(j["batches"].size(), 2U);
    for (const auto& batch : j["batches"]) {
      EXPECT_GT(batch["p50_ns"], 0);
      EXPECT_GE(batch["p999_ns"], batch["p50_ns"]);
      EXPECT_GT(batch["calls"], 0);
    }
    EXPECT_EQ(j["batches"][1]["rows"], 64);
  }
  EXPECT_THAT(relume(place, {"bench", "run/model.safetensors", "--seconds", "0.02"}).out, HasSubstr("p99.9"));
}

TEST(Bench, RefusesDataThatDoesNotFit) {
  const Workplace place;
  place.write("t.csv", labelled_table());
  place.write("other.csv", "a,b\n1,2\n3,4\n");
  ASSERT_EQ(relume(place, {"train", "t.csv", "--epochs", "1", "--quiet", "--out", "run"}).status, 0);
  const Outcome outcome = relume(place, {"bench", "run/model.safetensors", "other.csv"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("x1"));
  EXPECT_EQ(relume(place, {"bench", "run/model.safetensors", "--seconds", "0"}).status, 2);
}

}  // namespace
}  // namespace relume::app
