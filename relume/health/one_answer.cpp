// The network says the same of every row, whatever is in it.
#include "relume/base/require.h"
#include "relume/health/step_rule.h"

namespace relume::health::rule {
namespace {

/// Deviation of the answers over that of the targets.
constexpr Threshold one_answer_spread{"one_answer_spread", 0.01};

constexpr double most = 0.8;               // of the rows: a class that is right that often is a comfortable answer
constexpr double heavy_decay = 1;          // a weight decay that presses weights to nothing
constexpr std::int64_t least_answers = 5;  // fewer may well be alike

Remedy remedy(const Measurements& m, const Answers& a) {
  if (m.weight_decay >= heavy_decay)
    return {fmt::format("A weight decay of {:g} presses the weights to nothing. Try {{}}.", m.weight_decay),
            {advise_weight_decay()}};
  if (a.classes > 0 && a.share >= most)
    return {"That class is so common that the loss gains little by others. Try {}; f1_macro shows what accuracy hides.",
            {{"class_weights", "balanced"}}};
  // Rates of more than a tenth are no advice.
  const bool may_grow = advised_lr(m, 10) <= 0.1;
  if (!may_grow)
    return {"Try {} or another start; if nothing helps, the columns may say nothing.", {advise_lr(m, 0.1)}};
  return {"Try {}, {} or another start; if nothing helps, the columns may say nothing.",
          {advise_lr(m, 10), advise_lr(m, 0.1)}};
}

Verdict judge_one_answer(const Measurements& m, const Thresholds& thresholds) {
  if (!m.answers) return {.cannot_judge = "the outputs were not looked at"};
  const Answers& a = *m.answers;
  const bool numbers = a.classes == 0;
  if (a.rows < least_answers || a.classes == 1)
    return {.cannot_judge = fmt::format("not enough evidence: {} rows that may all be alike", a.rows)};
  if (numbers ? !(a.spread < thresholds[one_answer_spread]) : a.answered > 1) return {};
  Finding finding;
  finding.rule = "one_answer";
  finding.severity = Severity::warning;
  finding.step = m.step;
  finding.evidence = {{"rows", static_cast<double>(a.rows)}};
  if (numbers) {
    finding.evidence.emplace_back("spread", a.spread);
    finding.cause =
        fmt::format("the network gives one number for all {} rows: its answers vary by {:.1g} of what the targets do.",
                    a.rows, a.spread);
  } else {
    finding.evidence.emplace_back("share", a.share);
    const std::string label = a.label.empty() ? fmt::format("class {}", a.first) : fmt::format("\"{}\"", a.label);
    finding.cause =
        fmt::format("the network says {} of all {} rows, and {:.3g} % of them are that.", label, a.rows, 100 * a.share);
  }
  finding.remedy = remedy(m, a);
  return {.findings = {std::move(finding)}};
}

}  // namespace

extern const Rule one_answer;
const Rule one_answer{"one_answer",
                      Subject::state,
                      &judge_one_answer,
                      "whether the network answers differently on different rows",
                      {&one_answer_spread}};

}  // namespace relume::health::rule
