#include <algorithm>
#include <array>

#include "relume/base/require.h"
#include "relume/health/rule.h"

namespace relume::health {
namespace {

// In the order of cause: what stands further up can bring about what stands further down.
constexpr std::array all = {
    Rule{"not_finite_feature", Subject::inputs, rule::not_finite_feature, "NaN and infinity in an input column"},
    Rule{"exploding_gradient", Subject::steps, rule::exploding_gradient,
         "the gradient's norm over its median of the steps before; whether loss and gradient are numbers"},
    Rule{"step_too_large", Subject::steps, rule::step_too_large, "‖Δw‖ / ‖w‖ of each weight matrix"},
    Rule{"dead_units", Subject::units, rule::dead_units, "a ReLU-like unit that fires on no row of the window"},
    Rule{"zero_gradient", Subject::steps, rule::zero_gradient, "whether any gradient reaches a weight matrix"},
    Rule{"saturated_units", Subject::units, rule::saturated_units,
         "a unit of sigmoid, tanh and the like whose slope is nearly nothing on nearly all rows"},
    Rule{"vanishing_gradient", Subject::steps, rule::vanishing_gradient,
         "the gradient's RMS in the first weight matrix over that in the last"},
    Rule{"step_too_small", Subject::steps, rule::step_too_small,
         "‖Δw‖ / ‖w‖ of all weight matrices, while the loss has where to go"},
    Rule{"unscaled_feature", Subject::inputs, rule::unscaled_feature,
         "the size of an input column over the median column's"},
    Rule{"target_outlier", Subject::inputs, rule::target_outlier,
         "the farthest targets from their median over the deviation of the others"},
    Rule{"leaking_feature", Subject::inputs, rule::leaking_feature,
         "how much of the target one input column tells by itself"},
    Rule{"diverging", Subject::state, rule::diverging, "the smoothed training loss over the lowest it has been"},
    Rule{"loss_not_improving", Subject::state, rule::loss_not_improving,
         "the training loss beside the first one and beside the best constant answer's"},
    Rule{"one_answer", Subject::state, rule::one_answer, "whether the network answers differently on different rows"},
    Rule{"too_few_units", Subject::state, rule::too_few_units,
         "the narrowest hidden layer, where the training loss stands still above that of an answer"},
    Rule{"overfitting", Subject::state, rule::overfitting,
         "the validation loss over its best, while the training loss falls"},
    Rule{"constant_feature", Subject::inputs, rule::constant_feature, "the deviation of an input column"},
    Rule{"near_dead_units", Subject::units, rule::near_dead_units, "a ReLU-like unit that fires on next to no rows"},
    Rule{"always_on_layer", Subject::units, rule::always_on_layer, "a ReLU-like layer whose units fire on every row"},
};

struct Explanation {
  std::string_view cause;
  Severity least;  // of the cause
  std::string_view effect;
};

// A few dead units explain nothing; half a layer of them explains a gradient that does not arrive.
constexpr std::array explanations = {
    Explanation{"not_finite_feature", Severity::error, "exploding_gradient"},
    Explanation{"exploding_gradient", Severity::warning, "step_too_large"},
    Explanation{"exploding_gradient", Severity::warning, "diverging"},
    Explanation{"exploding_gradient", Severity::warning, "loss_not_improving"},
    Explanation{"exploding_gradient", Severity::warning, "one_answer"},
    Explanation{"step_too_large", Severity::warning, "diverging"},
    Explanation{"step_too_large", Severity::warning, "vanishing_gradient"},
    Explanation{"step_too_large", Severity::warning, "too_few_units"},
    Explanation{"step_too_large", Severity::warning, "loss_not_improving"},
    Explanation{"dead_units", Severity::error, "vanishing_gradient"},
    Explanation{"dead_units", Severity::error, "step_too_small"},
    Explanation{"dead_units", Severity::error, "zero_gradient"},
    Explanation{"dead_units", Severity::error, "one_answer"},
    Explanation{"dead_units", Severity::error, "too_few_units"},
    Explanation{"zero_gradient", Severity::error, "one_answer"},
    Explanation{"zero_gradient", Severity::error, "loss_not_improving"},
    Explanation{"dead_units", Severity::error, "loss_not_improving"},
    Explanation{"saturated_units", Severity::warning, "step_too_small"},
    Explanation{"vanishing_gradient", Severity::warning, "step_too_small"},
    Explanation{"vanishing_gradient", Severity::warning, "loss_not_improving"},
    Explanation{"step_too_small", Severity::warning, "loss_not_improving"},
    Explanation{"unscaled_feature", Severity::warning, "diverging"},
    Explanation{"target_outlier", Severity::warning, "diverging"},
    Explanation{"target_outlier", Severity::warning, "overfitting"},
    Explanation{"target_outlier", Severity::warning, "one_answer"},
    Explanation{"target_outlier", Severity::warning, "loss_not_improving"},
    Explanation{"diverging", Severity::warning, "loss_not_improving"},
};

std::vector<Rule>& every_rule() {
  static std::vector<Rule> rules(all.begin(), all.end());
  return rules;
}

std::size_t place(const Finding& finding) {
  return static_cast<std::size_t>(
      std::find_if(all.begin(), all.end(), [&](const Rule& r) { return r.name == finding.rule; }) - all.begin());
}

bool explains(const Finding& cause, const Finding& effect) {
  return std::any_of(explanations.begin(), explanations.end(), [&](const Explanation& e) {
    // A gradient may fade without large steps; those that come later are not why.
    const bool in_time = e.effect != "vanishing_gradient" || e.cause != "step_too_large" || cause.step <= effect.step;
    return e.cause == cause.rule && e.effect == effect.rule && cause.severity >= e.least && in_time;
  });
}

}  // namespace

std::span<const Rule> rules() { return every_rule(); }

void register_rule(const Rule& rule) {
  for (const Rule& known : every_rule())
    require<ValueError>(known.name != rule.name, "health: there is a rule \"{}\"", rule.name);
  every_rule().push_back(rule);
}

std::vector<Finding> order_by_cause(std::vector<Finding> findings) {
  std::vector<Finding> kept;
  for (const Finding& finding : findings)
    if (std::none_of(findings.begin(), findings.end(), [&](const Finding& other) { return explains(other, finding); }))
      kept.push_back(finding);
  std::stable_sort(kept.begin(), kept.end(), [](const Finding& a, const Finding& b) {
    return a.severity != b.severity ? a.severity > b.severity : place(a) < place(b);
  });
  return kept;
}

std::vector<Finding> judge(const Measurements& measurements, const Thresholds& thresholds) {
  std::vector<Finding> findings;
  for (const Rule& rule : rules())
    for (Finding& finding : rule.judge(measurements, thresholds).findings) findings.push_back(std::move(finding));
  return order_by_cause(std::move(findings));
}

}  // namespace relume::health
