#include "relume/health/thresholds.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/health/rule.h"
#include "tests/reference/message_of.h"

namespace relume::health {
namespace {

using ::testing::HasSubstr;

TEST(Thresholds, HaveANameEach) {
  std::set<const Threshold*> all;
  for (const Rule& rule : rules()) all.insert(rule.thresholds.begin(), rule.thresholds.end());
  all.erase(nullptr);
  EXPECT_EQ(named_thresholds().size(), all.size());
  Thresholds thresholds;
  for (const NamedThreshold& threshold : named_thresholds()) set_threshold(thresholds, threshold.name, 7);
  for (const NamedThreshold& threshold : named_thresholds(thresholds)) EXPECT_EQ(threshold.value, 7) << threshold.name;
}

TEST(Thresholds, AreSetByName) {
  Thresholds thresholds;
  set_threshold(thresholds, "near_dead_rate=0.02");
  set_threshold(thresholds, "dead_share.warning=15e-2");
  set_threshold(thresholds, "persistence", 4);
  set_threshold(thresholds, "persistence", 5);
  const auto value_of = [&](std::string_view name) {
    const auto all = named_thresholds(thresholds);
    return std::ranges::find(all, name, &NamedThreshold::name)->value;
  };
  EXPECT_EQ(value_of("near_dead_rate"), 0.02);
  EXPECT_EQ(thresholds[dead_share_warning], 0.15);
  EXPECT_EQ(thresholds.count(persistence), 5);
}

TEST(Thresholds, SayWhatIsWrong) {
  Thresholds thresholds;
  const auto error = [&](std::string_view text) {
    return message_of<ValueError>([&] { set_threshold(thresholds, text); });
  };
  EXPECT_THAT(error("near_dead=0.1"), HasSubstr("near_dead_rate"));
  EXPECT_THAT(error("near_dead_rate"), HasSubstr("NAME=NUMBER"));
  EXPECT_THAT(error("near_dead_rate=much"), HasSubstr("NAME=NUMBER"));
  EXPECT_THAT(error("near_dead_rate=-1"), HasSubstr("at least 0"));
  EXPECT_THAT(error("near_dead_rate=nan"), HasSubstr("at least 0"));
  EXPECT_THAT(error("persistence=0"), HasSubstr("whole number"));
  EXPECT_THAT(error("persistence=1.5"), HasSubstr("whole number"));
}

TEST(Thresholds, AreOfRulesThatThereAre) {
  for (const NamedThreshold& threshold : named_thresholds()) {
    std::stringstream names{std::string(threshold.rules)};
    for (std::string name; std::getline(names >> std::ws, name, ',');)
      EXPECT_TRUE(std::any_of(rules().begin(), rules().end(), [&](const Rule& rule) { return rule.name == name; }))
          << threshold.name << ": " << name;
  }
}

TEST(Thresholds, AndRulesStandInTheGuideAsTheyAre) {
  std::ifstream file(RELUME_SOURCE_DIR "/docs/health.md");
  const std::string guide{std::istreambuf_iterator<char>(file), {}};
  for (const Rule& rule : rules()) EXPECT_THAT(guide, HasSubstr(fmt::format("\n| `{}` | ", rule.name)));
  for (const NamedThreshold& threshold : named_thresholds())
    EXPECT_THAT(guide, HasSubstr(fmt::format("\n| `{}` | {:g} | ", threshold.name, threshold.value)));
}

}  // namespace
}  // namespace relume::health
