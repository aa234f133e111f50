#include <algorithm>
#include <array>

#include "relume/base/require.h"
#include "relume/health/rule.h"

namespace relume::health {

// Each is defined in the file of its name.
namespace rule {
extern const Rule not_finite_feature, exploding_gradient, step_too_large, dead_units, zero_gradient, saturated_units,
    vanishing_gradient, step_too_small, unscaled_feature, outlier_feature, target_outlier, leaking_feature, diverging,
    loss_not_improving, one_answer, too_few_units, overfitting, constant_feature, near_dead_units, always_on_layer;
}  // namespace rule

namespace {

// The list of the rules, in the order of cause: what stands further up can bring about what stands further down.
const Rule* const list[] = {
    &rule::not_finite_feature, &rule::exploding_gradient, &rule::step_too_large,     &rule::dead_units,
    &rule::zero_gradient,      &rule::saturated_units,    &rule::vanishing_gradient, &rule::step_too_small,
    &rule::unscaled_feature,   &rule::outlier_feature,    &rule::target_outlier,     &rule::leaking_feature,
    &rule::diverging,          &rule::loss_not_improving, &rule::one_answer,         &rule::too_few_units,
    &rule::overfitting,        &rule::constant_feature,   &rule::near_dead_units,    &rule::always_on_layer};

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
  static std::vector<Rule> rules = [] {
    std::vector<Rule> all;
    for (const Rule* rule : list) all.push_back(*rule);
    return all;
  }();
  return rules;
}

std::size_t place(const Finding& finding) {
  return static_cast<std::size_t>(std::ranges::find_if(list, [&](const Rule* r) { return r->name == finding.rule; }) -
                                  std::begin(list));
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

const Rule& find_rule(std::string_view name) {
  const auto found = std::ranges::find(every_rule(), name, &Rule::name);
  require(found != every_rule().end(), "health: there is no rule \"{}\"", name);
  return *found;
}

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
