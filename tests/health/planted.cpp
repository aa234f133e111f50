// Every rule on trainings with its fault and on trainings without.
#include <algorithm>
#include <map>
#include <set>

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
      if (layer.kind != kind || layer.rows < Thresholds().count(least_rows)) continue;
      auto expected = planted::units_by_definition(*outcome.training, n, rule);
      if (rule == "always_on_layer" && expected.size() * 2 <= layer.fired.size()) expected.clear();
      const Finding* finding = find(outcome.findings, rule, layer.layer);
      EXPECT_EQ(finding ? finding->units : std::vector<std::int64_t>{}, expected)
          << rule << " of " << layer.layer << ": " << one.name;
    }
}

/// Planted faults by the rules that spoke, infos about other things aside.
class ConfusionTable {
 public:
  void add(const Case& one, const std::vector<Finding>& findings) {
    std::set<std::string> said;
    for (const Finding& f : findings)
      if (f.severity != Severity::info || f.rule == one.rule) said.insert(f.rule);
    for (const std::string& rule : said) ++counts_[{one.rule, rule}];
  }

  void print() const {
    fmt::print("\n{:<24}", "planted, found by rule");
    for (std::size_t i = 1; i <= rules().size(); ++i) fmt::print("{:>4}", i);
    fmt::print("\n");
    for (std::size_t i = 0; i <= rules().size(); ++i)
      print_row(i < rules().size() ? fmt::format("{:>2} {}", i + 1, rules()[i].name) : "   nothing",
                i < rules().size() ? std::string(rules()[i].name) : "");
  }

 private:
  void print_row(const std::string& title, const std::string& planted) const {
    fmt::print("{:<24}", title);
    for (const Rule& rule : rules()) {
      const auto count = counts_.find({planted, std::string(rule.name)});
      fmt::print("{:>4}", count == counts_.end() ? "." : std::to_string(count->second));
    }
    fmt::print("\n");
  }

  std::map<std::pair<std::string, std::string>, int> counts_;
};

TEST(Planted, FaultsAreFoundAndNamedAndHealthyTrainingsAreLeftInPeace) {
  std::map<std::string, Counts> table;
  ConfusionTable confusion;
  for (const Case& one : planted::cases()) {
    const Outcome outcome = planted::run(one);
    expect_units_as_counted(one, outcome);
    confusion.add(one, outcome.findings);
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
  confusion.print();
}

}  // namespace
}  // namespace relume::health
