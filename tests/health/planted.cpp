// Every rule on trainings with its fault and on trainings without.
#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/health/planted_runs.h"

namespace relume::health {
namespace {

using planted::Case;
using planted::Outcome;

const std::map<std::string, ActivationKind> unit_rules = {{"dead_units", ActivationKind::rectifier},
                                                          {"near_dead_units", ActivationKind::rectifier},
                                                          {"always_on_layer", ActivationKind::rectifier},
                                                          {"saturated_units", ActivationKind::bounded}};

/// How a rule judged: with the fault and without it.
struct Counts {
  int faults = 0, found = 0, well_named = 0, healthy = 0, false_alarms = 0;
};

const Finding* find(const std::vector<Finding>& findings, const std::string& rule, const std::string& layer = "") {
  const auto found = std::find_if(findings.begin(), findings.end(), [&](const Finding& f) {
    return f.rule == rule && (layer.empty() || f.layer == layer);
  });
  return found == findings.end() ? nullptr : &*found;
}

std::string in_words(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) text += to_string(finding) + "\n";
  return text;
}

/// What each rule about units says of each layer is what counting in double precision says.
void expect_units_as_counted(const Case& one, const Outcome& outcome) {
  for (std::size_t n = 0; n < outcome.activity.size(); ++n)
    for (const auto& [rule, kind] : unit_rules) {
      const LayerActivity& layer = outcome.activity[n];
      if (layer.kind != kind || layer.rows < Thresholds().least_rows) continue;
      auto expected = planted::units_by_definition(*outcome.training, n, rule);
      if (rule == "always_on_layer" && expected.size() * 2 <= layer.fired.size()) expected.clear();
      const Finding* finding = find(outcome.findings, rule, layer.layer);
      EXPECT_EQ(finding ? finding->units : std::vector<std::int64_t>{}, expected)
          << rule << " of " << layer.layer << ": " << one.name;
    }
}

TEST(Planted, FaultsAreFoundAndNamedAndHealthyTrainingsAreLeftInPeace) {
  std::map<std::string, Counts> table;
  for (const Case& one : planted::cases()) {
    const Outcome outcome = planted::run(one);
    expect_units_as_counted(one, outcome);
    if (!one.rule.empty()) {
      Counts& counts = table[one.rule];
      ++counts.faults;
      const Finding* finding = find(outcome.findings, one.rule);
      counts.found += finding != nullptr;
      const bool named = finding && (one.layer.empty() || find(outcome.findings, one.rule, one.layer));
      counts.well_named += named;
      EXPECT_TRUE(named) << one.rule << " at " << one.layer << ": " << one.name << "\n" << in_words(outcome.findings);
      continue;
    }
    for (const Rule& rule : rules()) {
      Counts& counts = table[std::string(rule.name)];
      ++counts.healthy;
      const Finding* finding = find(outcome.findings, std::string(rule.name));
      if (!finding || unit_rules.contains(finding->rule)) continue;  // those are counted above, unit by unit
      ++counts.false_alarms;
      ADD_FAILURE() << to_string(*finding) << ": " << one.name;
    }
  }
  fmt::print("{:<20} {:>6} {:>6} {:>10} {:>8} {:>13}\n", "rule", "faults", "found", "well named", "healthy",
             "false alarms");
  for (const auto& [rule, c] : table) {
    fmt::print("{:<20} {:>6} {:>6} {:>10} {:>8} {:>13}\n", rule, c.faults, c.found, c.well_named, c.healthy,
               c.false_alarms);
    EXPECT_GE(c.faults, 8) << rule;
    EXPECT_GE(c.healthy, 8) << rule;
  }
}

}  // namespace
}  // namespace relume::health
