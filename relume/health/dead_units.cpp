// A rectifier's unit that never fires passes no gradient: it cannot come back by itself.
#include <algorithm>

#include "relume/base/require.h"
#include "relume/health/layer_rule.h"
#include "relume/health/step_rule.h"

namespace relume::health::rule {
namespace {

/// The check with the largest step that any weight matrix took, where that was too large.
const Check* largest_step(const Measurements& m, const Thresholds& thresholds, double& ratio) {
  const Check* found = nullptr;
  ratio = thresholds[large_update];
  for (const Check& check : m.checks)
    for (const WeightCheck& weight : check.weights)
      if (weight.update_ratio > ratio) {
        ratio = weight.update_ratio;
        found = &check;
      }
  return found;
}

struct Since {
  std::int64_t step = -1;  ///< from which on at least half of the units were dead; -1 where nobody followed them
  std::string text;
};

/// The units among these that were dead before the first step, or before a twentieth of the steps was over: they hardly
/// fired to begin with.
double dead_at_first(const LayerActivity& layer, const std::vector<std::int64_t>& units, std::int64_t steps) {
  return static_cast<double>(std::count_if(units.begin(), units.end(), [&](std::int64_t unit) {
    const auto j = static_cast<std::size_t>(unit);
    return j < layer.dead_since.size() && layer.dead_since[j] >= 0 && layer.dead_since[j] <= steps / 20;
  }));
}

/// Whether the training loss has gone well under the best constant answer's.
bool learns(const Measurements& m) {
  constexpr double well = 0.5;
  if (m.checks.empty()) return false;
  return m.checks.back().lowest_loss < well * std::min(m.first_loss, m.constant_loss.value_or(m.first_loss));
}

Since since(const LayerActivity& layer, const std::vector<std::int64_t>& units) {
  std::vector<std::int64_t> steps;
  for (const std::int64_t unit : units)
    if (static_cast<std::size_t>(unit) < layer.dead_since.size())
      steps.push_back(layer.dead_since[static_cast<std::size_t>(unit)]);
  if (steps.empty()) return {};
  std::sort(steps.begin(), steps.end());
  const std::int64_t step = steps[(steps.size() - 1) / 2];
  if (step <= 0) return {step, ""};
  return {step, fmt::format("{} since step {}", steps.back() == steps.front() ? "" : ", most of them", step)};
}

/// A layer without any unit that fired while no gradient arrived anywhere: however few rows that were, nothing will
/// ever change again.
void add_silent_layers(const Measurements& m, const Thresholds& thresholds, Verdict& verdict) {
  if (zero_gradients(m, thresholds).empty()) return;
  for (const LayerActivity& layer : m.activity) {
    const bool known = std::any_of(verdict.findings.begin(), verdict.findings.end(),
                                   [&](const Finding& f) { return f.layer == layer.layer; });
    if (known || layer.kind != ActivationKind::rectifier || layer.silent_since < 0 || layer.fired.empty()) continue;
    Finding finding;
    finding.rule = "dead_units";
    finding.severity = Severity::error;
    finding.layer = layer.layer;
    finding.step = layer.silent_since;
    const auto units = static_cast<double>(layer.fired.size());
    for (std::size_t j = 0; j < layer.fired.size(); ++j) finding.units.push_back(static_cast<std::int64_t>(j));
    finding.evidence = {{"found", units}, {"units", units}, {"rows", static_cast<double>(layer.rows)}, {"share", 1.0}};
    finding.cause = fmt::format(
        "none of its {} units has fired since step {}, so that the gradient is exactly 0: nothing can change any more.",
        layer.fired.size(), finding.step);
    finding.remedy = {"Try {} or {}, or another start.", {{"on_dead", "revive"}, {"activation", "leaky_relu"}}};
    verdict.findings.push_back(std::move(finding));
  }
}

Verdict judge_dead_units(const Measurements& m, const Thresholds& thresholds) {
  Verdict verdict = find_units(m, thresholds, "dead_units", ActivationKind::rectifier,
                               [](const LayerActivity& layer, std::size_t j) { return layer.fired[j] == 0; });
  double ratio = 0;
  const Check* jump = largest_step(m, thresholds, ratio);
  for (Finding& finding : verdict.findings) {
    const double share = finding.evidence.back().second, units = finding.evidence[1].second;
    const auto layer = std::find_if(m.activity.begin(), m.activity.end(),
                                    [&](const LayerActivity& activity) { return activity.layer == finding.layer; });
    const Since beginning = since(*layer, finding.units);
    if (beginning.step >= 0) finding.step = beginning.step;
    // Where the columns are few, some units are dead before anything is learned: a smaller network that learns as well.
    const double born =
        learns(m) && !jump && share < thresholds[dead_share_error] ? dead_at_first(*layer, finding.units, m.step) : 0;
    finding.severity = grade(share - born / units, thresholds);
    if (born > 0) finding.evidence.insert(finding.evidence.begin() + 3, {"dead_at_first", born});
    finding.cause =
        fmt::format("{} of {} units never fired on {} rows{}, so that no gradient reaches their weights.",
                    finding.units.size(), finding.evidence[1].second, finding.evidence[2].second, beginning.text);
    if (finding.severity == Severity::info) {
      const bool few = share < thresholds[dead_share_warning];
      if (!few)
        finding.cause +=
            fmt::format(" {:.0f} of them were so from the first steps on, and the loss fell all the same.", born);
      finding.remedy = {fmt::format("{} cost nothing; {}", few ? "So few" : "They", nothing_to_do)};
      continue;
    }
    if (jump) {
      finding.cause += fmt::format(" The step was too large at step {} (‖Δw‖/‖w‖ = {:.2g}).", jump->step, ratio);
      finding.evidence.emplace_back("update_ratio", ratio);
    }
    const std::pair<std::string, std::string> revive = {"on_dead", "revive"};
    if (jump && is_decay(m, *jump, ratio))
      finding.remedy = {"Try {} or {}.", {advise_weight_decay(), revive}};
    else if (jump)
      finding.remedy = {"Try {} or {}.", {advise_lr(m, 0.1), revive}};
    else
      finding.remedy = {"Try {} or {}.", {revive, {"activation", "leaky_relu"}}};
  }
  add_silent_layers(m, thresholds, verdict);
  return verdict;
}

}  // namespace

extern const Rule dead_units;
const Rule dead_units{"dead_units",
                      Subject::units,
                      &judge_dead_units,
                      "a ReLU-like unit that fires on no row of the window",
                      {&least_rows, &dead_share_warning, &dead_share_error, &large_update}};

}  // namespace relume::health::rule
