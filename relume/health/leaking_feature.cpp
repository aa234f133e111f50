// A column that tells the target all by itself is mostly another form of it, and missing where the network is used.
#include "relume/base/require.h"
#include "relume/health/rule.h"

namespace relume::health::rule {
namespace {

/// Of each class's rows, of the variance a tenth as far from 1.
constexpr Threshold telling_share{"telling_share", 0.995};

Verdict judge_leaking_feature(const Measurements& m, const Thresholds& thresholds) {
  Verdict verdict;
  for (const TellingColumn& column : m.data.telling) {
    // Of a number's variance nearly all must be told: many quantities go with each other closely, and are not the same.
    const double untold = 1 - thresholds[telling_share];
    if (1 - column.share > (column.classes ? untold : untold / 10)) continue;
    Finding finding;
    finding.rule = "leaking_feature";
    finding.severity = Severity::warning;
    finding.layer = "input";
    finding.evidence = {{"share", column.share}};
    finding.cause = column.classes
                        ? fmt::format("column \"{}\" alone tells the target of {:.4g} % of the training rows.",
                                      column.name, 100 * column.share)
                        : fmt::format("column \"{}\" alone tells the target: {:.4g} % of its variance.", column.name,
                                      100 * column.share);
    finding.remedy = {"Is it the target in other words, or known only afterwards? Then try {}.",
                      {{"drop", column.name}}};
    verdict.findings.push_back(std::move(finding));
  }
  if (m.data.telling.empty()) verdict.cannot_judge = m.data.looked_at ? "" : "the columns were not looked at";
  return verdict;
}

}  // namespace

extern const Rule leaking_feature;
const Rule leaking_feature{"leaking_feature",
                           Subject::inputs,
                           &judge_leaking_feature,
                           "how much of the target one input column tells by itself",
                           {&telling_share}};

}  // namespace relume::health::rule
