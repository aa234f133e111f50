// A column that is the same in every row says nothing.
#include "relume/base/require.h"
#include "relume/health/rule.h"

namespace relume::health::rule {
namespace {

Verdict judge_constant_feature(const Measurements& m, const Thresholds&) {
  if (m.inputs.empty()) return {.cannot_judge = "the inputs were not looked at"};
  Finding finding;
  std::string names;
  for (std::size_t j = 0; j < m.inputs.size(); ++j) {
    if (m.inputs[j].deviation > 0 || m.inputs[j].not_finite > 0) continue;
    finding.units.push_back(static_cast<std::int64_t>(j));
    if (finding.units.size() <= 5) names += (names.empty() ? "" : ", ") + m.inputs[j].name;
  }
  if (finding.units.empty()) return {};
  if (finding.units.size() > 5) names += ", …";
  finding.rule = "constant_feature";
  finding.severity = Severity::warning;
  finding.layer = "input";
  finding.step = m.step;
  finding.evidence = {{"constant", static_cast<double>(finding.units.size())},
                      {"columns", static_cast<double>(m.inputs.size())}};
  finding.cause =
      fmt::format("{} of {} columns have one value in every row ({}).", finding.units.size(), m.inputs.size(), names);
  finding.remedy = {"Leave them out."};
  return {.findings = {std::move(finding)}};
}

}  // namespace

extern const Rule constant_feature;
const Rule constant_feature{"constant_feature", Subject::inputs, &judge_constant_feature,
                            "the deviation of an input column"};

}  // namespace relume::health::rule
