// A column with a NaN or an infinity makes every output of its row one.
#include "relume/base/require.h"
#include "relume/health/rule.h"

namespace relume::health::rule {
namespace {

Verdict judge_not_finite_feature(const Measurements& m, const Thresholds&) {
  if (m.inputs.empty()) return {.cannot_judge = "the inputs were not looked at"};
  Finding finding;
  std::string names;
  std::int64_t most = 0;
  for (std::size_t j = 0; j < m.inputs.size(); ++j) {
    if (m.inputs[j].not_finite == 0) continue;
    most = std::max(most, m.inputs[j].not_finite);
    finding.units.push_back(static_cast<std::int64_t>(j));
    if (finding.units.size() <= 5)
      names += fmt::format("{}{} in {}", names.empty() ? "" : ", ", m.inputs[j].name, m.inputs[j].not_finite);
  }
  if (finding.units.empty()) return {};
  if (finding.units.size() > 5) names += ", …";
  finding.rule = "not_finite_feature";
  finding.severity = Severity::error;
  finding.layer = "input";
  finding.step = m.step;
  finding.evidence = {{"columns", static_cast<double>(finding.units.size())}, {"rows", static_cast<double>(most)}};
  finding.cause = fmt::format(
      "{} of {} columns are NaN or infinite in some rows (column {}), and so is all that is computed from "
      "those.",
      finding.units.size(), m.inputs.size(), names);
  finding.remedy = {"Fill these values in, with the column's median for instance, or leave the rows out."};
  return {.findings = {std::move(finding)}};
}

}  // namespace

extern const Rule not_finite_feature;
const Rule not_finite_feature{"not_finite_feature", Subject::inputs, &judge_not_finite_feature,
                              "NaN and infinity in an input column"};

}  // namespace relume::health::rule
