#include "relume/health/thresholds.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <variant>

#include "relume/base/nearest.h"
#include "relume/base/require.h"

namespace relume::health {
namespace {

using Place = std::variant<double*, std::int64_t*>;

struct Entry {
  std::string_view name;
  std::string_view rules;
  Place (*place)(Thresholds&);
};

constexpr std::string_view unit_rules = "dead_units, near_dead_units, always_on_layer, saturated_units";
constexpr std::string_view step_rules =
    "exploding_gradient, step_too_large, vanishing_gradient, zero_gradient, step_too_small, diverging";

constexpr std::array entries = {
    Entry{"least_rows", unit_rules, [](Thresholds& t) -> Place { return &t.least_rows; }},
    Entry{"persistence", step_rules, [](Thresholds& t) -> Place { return &t.persistence; }},
    Entry{"persistence_steps", "exploding_gradient, vanishing_gradient, zero_gradient, step_too_small, diverging",
          [](Thresholds& t) -> Place { return &t.persistence_steps; }},
    Entry{"dead_share.warning", "dead_units, saturated_units",
          [](Thresholds& t) -> Place { return &t.dead_share.warning; }},
    Entry{"dead_share.error", "dead_units", [](Thresholds& t) -> Place { return &t.dead_share.error; }},
    Entry{"near_dead_rate", "near_dead_units", [](Thresholds& t) -> Place { return &t.near_dead_rate; }},
    Entry{"always_on_share", "always_on_layer", [](Thresholds& t) -> Place { return &t.always_on_share; }},
    Entry{"saturated_rate", "saturated_units", [](Thresholds& t) -> Place { return &t.saturated_rate; }},
    Entry{"vanishing_ratio", "vanishing_gradient", [](Thresholds& t) -> Place { return &t.vanishing_ratio; }},
    Entry{"exploding_factor", "exploding_gradient", [](Thresholds& t) -> Place { return &t.exploding_factor; }},
    Entry{"exploding_steps", "exploding_gradient", [](Thresholds& t) -> Place { return &t.exploding_steps; }},
    Entry{"large_update", "step_too_large, dead_units", [](Thresholds& t) -> Place { return &t.large_update; }},
    Entry{"small_update", "step_too_small", [](Thresholds& t) -> Place { return &t.small_update; }},
    Entry{"scheduled_lr_share", "step_too_small", [](Thresholds& t) -> Place { return &t.scheduled_lr_share; }},
    Entry{"learned_share", "step_too_small, zero_gradient", [](Thresholds& t) -> Place { return &t.learned_share; }},
    Entry{"learning_steps", "loss_not_improving", [](Thresholds& t) -> Place { return &t.learning_steps; }},
    Entry{"least_improvement", "loss_not_improving", [](Thresholds& t) -> Place { return &t.least_improvement; }},
    Entry{"diverging_factor", "diverging", [](Thresholds& t) -> Place { return &t.diverging_factor; }},
    Entry{"diverging_share", "diverging", [](Thresholds& t) -> Place { return &t.diverging_share; }},
    Entry{"overfitting_rise", "overfitting", [](Thresholds& t) -> Place { return &t.overfitting_rise; }},
    Entry{"overfitting_share", "overfitting", [](Thresholds& t) -> Place { return &t.overfitting_share; }},
    Entry{"overfitting_epochs", "overfitting", [](Thresholds& t) -> Place { return &t.overfitting_epochs; }},
    Entry{"unscaled_factor", "unscaled_feature", [](Thresholds& t) -> Place { return &t.unscaled_factor; }},
    Entry{"one_answer_spread", "one_answer", [](Thresholds& t) -> Place { return &t.one_answer_spread; }},
    Entry{"few_units", "too_few_units", [](Thresholds& t) -> Place { return &t.few_units; }},
    Entry{"unlearned_share", "too_few_units", [](Thresholds& t) -> Place { return &t.unlearned_share; }},
    Entry{"outlier_factor", "target_outlier", [](Thresholds& t) -> Place { return &t.outlier_factor; }},
    Entry{"telling_share", "leaking_feature", [](Thresholds& t) -> Place { return &t.telling_share; }},
};

std::string suggestion(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Entry& entry : entries) names.push_back(entry.name);
  return did_you_mean(name, names);
}

}  // namespace

std::vector<NamedThreshold> named_thresholds(const Thresholds& thresholds) {
  std::vector<NamedThreshold> result;
  Thresholds copy = thresholds;
  for (const Entry& entry : entries)
    result.push_back({entry.name,
                      std::visit([](auto* place) { return static_cast<double>(*place); }, entry.place(copy)),
                      entry.rules});
  return result;
}

void set_threshold(Thresholds& thresholds, std::string_view name, double value) {
  for (const Entry& entry : entries) {
    if (entry.name != name) continue;
    require(std::isfinite(value) && value >= 0, "threshold: {} = {} is not a number of at least 0", name, value);
    const Place place = entry.place(thresholds);
    if (auto* const* number = std::get_if<double*>(&place)) {
      **number = value;
      return;
    }
    require(value >= 1 && value <= 1e15 && value == std::floor(value),
            "threshold: {} = {} is not a whole number above 0", name, value);
    *std::get<std::int64_t*>(place) = static_cast<std::int64_t>(value);
    return;
  }
  fail("threshold: there is no \"{}\"{}; relume rules lists them", name, suggestion(name));
}

void set_threshold(Thresholds& thresholds, std::string_view text) {
  const std::size_t sign = text.find('=');
  double value = 0;
  const bool has_sign = sign != std::string_view::npos;
  const std::string_view number = has_sign ? text.substr(sign + 1) : std::string_view();
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  require(has_sign && !number.empty() && error == std::errc() && end == number.data() + number.size(),
          "threshold: \"{}\" is not NAME=NUMBER, as near_dead_rate=0.02 is", text);
  set_threshold(thresholds, text.substr(0, sign), value);
}

}  // namespace relume::health
