// Runs at default settings on data as it is: nothing that is found there is an error, and next to nothing a warning.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/app/run_app.h"
#include "tests/data/temporary_file.h"

namespace relume::app {
namespace {

using Json = nlohmann::json;

struct Table {
  const char *name, *file, *target, *task;
};

class HealthyRuns : public testing::TestWithParam<std::tuple<Table, int>> {};

TEST_P(HealthyRuns, GiveNoErrorsAndAWarningAtMost) {
  const auto& [table, seed] = GetParam();
  const auto file = data::shared_data() / "tabular" / table.file;
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "skipped: no shared data";
  const Workplace place;
  const Outcome outcome = relume(place, {"train", file.string(), "--target", table.target, "--task", table.task,
                                         "--seed", std::to_string(seed), "--json", "--quiet"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  int warnings = 0;
  const Json result = Json::parse(last_line(outcome.out));
  for (const Json& finding : result.at("findings")) {
    EXPECT_NE(finding.at("severity"), "error") << finding;
    warnings += finding.at("severity") == "warning";
  }
  EXPECT_LE(warnings, 1) << last_line(outcome.out);
}

// Housing and MNIST take minutes: ./dev bench health runs those.
INSTANTIATE_TEST_SUITE_P(Tables, HealthyRuns,
                         testing::Combine(testing::Values(Table{"titanic", "titanic.csv", "Survived", "auto"},
                                                          Table{"banknote", "banknote.csv", "last", "auto"},
                                                          Table{"wine", "winequality_white.csv", "last", "auto"}),
                                          testing::Range(1, 6)),
                         [](const auto& run) {
                           return std::get<0>(run.param).name + std::to_string(std::get<1>(run.param));
                         });

}  // namespace
}  // namespace relume::app
