#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/app/run_app.h"

namespace relume::app {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ReportCommand : public testing::Test {
 protected:
  Workplace place;

  void train(const std::string& data, const std::string& out, const std::string& seed = "1") const {
    const Outcome outcome = relume(place, {"train", data, "--epochs", "4", "--quiet", "--seed", seed, "--out", out});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }
};

/// The values of a curve of report.json.
nlohmann::json curve_of(const nlohmann::json& report, const std::string& name) {
  for (const auto& curve : report.at("curves"))
    if (curve.at("name") == name) return curve.at("values");
  ADD_FAILURE() << "no curve " << name;
  return {};
}

TEST_F(ReportCommand, WritesTheSamePageAnew) {
  place.write("table.csv", labelled_table());
  train("table.csv", "run");
  const std::string page = place.read("run/report.html");
  std::filesystem::remove(place / "run/report.html");
  const Outcome outcome = relume(place, {"report", "run"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "run/report.html\n");
  EXPECT_EQ(place.read("run/report.html"), page);
  EXPECT_EQ(relume(place, {"report", "run", "-o", "other.html"}).status, 0);
  EXPECT_EQ(place.read("other.html"), page);
}

TEST_F(ReportCommand, HoldsNumbersBelowTheNormalOnes) {
  const Outcome outcome =
      relume(place, {"train", "builtin:moons", "--lr", "1e-310", "--epochs", "2", "--quiet", "--out", "run"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const auto report = nlohmann::json::parse(place.read("run/report.json"));
  EXPECT_EQ(relume(place, {"report", "run"}).status, 0);
  const double rate = curve_of(report, "lr").at(0);
  EXPECT_GT(rate, 0);
  EXPECT_LT(rate, 1e-300);
}

TEST_F(ReportCommand, ShowsTheColumnsOfATable) {
  place.write("table.csv", labelled_table());
  train("table.csv", "run");
  const auto report = nlohmann::json::parse(place.read("run/report.json"));
  EXPECT_EQ(report["importance"].size(), 3u);
  EXPECT_EQ(report["importance"][2]["column"], "colour");
  EXPECT_THAT(report["worst"][0]["values"].get<std::string>(), AllOf(HasSubstr("x1 "), HasSubstr("colour ")));
  EXPECT_EQ(curve_of(report, "valid_loss").size(), 4u);
}

TEST_F(ReportCommand, NamesTheCommandThatRepeatsTheRun) {
  place.write("a table's.csv", measured_table());
  train("a table's.csv", "run");
  const auto report = nlohmann::json::parse(place.read("run/report.json"));
  EXPECT_EQ(report["command"], "relume train 'a table'\\''s.csv' --seed 1 --epochs 4");
}

TEST_F(ReportCommand, ComparesRuns) {
  train("builtin:moons", "a");
  train("builtin:moons", "b", "2");
  const Outcome outcome = relume(place, {"report", "a", "b", "-o", "both.html"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(place.read("both.html"), AllOf(HasSubstr("2 runs"), HasSubstr("<td>a</td>"), HasSubstr("<td>b</td>")));
}

TEST_F(ReportCommand, RefusesWhatIsNoRun) {
  place.write("empty/metrics.csv", "");
  place.write("damaged/report.json", "{\"title\": 3}");
  place.write("cut/report.json", "{\"title\"");
  for (const char* run : {"none", "empty", "damaged", "cut"}) {
    const Outcome outcome = relume(place, {"report", run});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(run));
    EXPECT_FALSE(place.has(std::string(run) + "/report.html"));
  }
  EXPECT_EQ(relume(place, {"report"}).status, 2);
}

}  // namespace
}  // namespace relume::app
