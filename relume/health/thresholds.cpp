#include "relume/health/thresholds.h"

#include <algorithm>
#include <cmath>

#include "relume/base/nearest.h"
#include "relume/base/parse.h"
#include "relume/base/require.h"
#include "relume/health/rule.h"

namespace relume::health {
namespace {

/// visit(threshold, rule) for each threshold of each rule.
template <class F>
void for_each_threshold(F visit) {
  for (const Rule& rule : rules())
    for (const Threshold* threshold : rule.thresholds)
      if (threshold) visit(*threshold, rule);
}

std::string suggestion(std::string_view name) {
  std::vector<std::string_view> names;
  for_each_threshold([&](const Threshold& threshold, const Rule&) { names.push_back(threshold.name); });
  return did_you_mean(name, names);
}

}  // namespace

double Thresholds::operator[](const Threshold& threshold) const {
  const auto found = std::ranges::find(set_, threshold.name, &std::pair<std::string_view, double>::first);
  return found == set_.end() ? threshold.usual : found->second;
}

std::vector<NamedThreshold> named_thresholds(const Thresholds& thresholds) {
  std::vector<NamedThreshold> result;
  for_each_threshold([&](const Threshold& threshold, const Rule& rule) {
    const auto known = std::ranges::find(result, threshold.name, &NamedThreshold::name);
    if (known == result.end())
      result.push_back({threshold.name, thresholds[threshold], std::string(rule.name)});
    else
      known->rules += fmt::format(", {}", rule.name);
  });
  return result;
}

void set_threshold(Thresholds& thresholds, std::string_view name, double value) {
  const Threshold* found = nullptr;
  for_each_threshold([&](const Threshold& threshold, const Rule&) {
    if (threshold.name == name) found = &threshold;
  });
  require(found, "threshold: there is no \"{}\"{}; the list of rules has them all", name, suggestion(name));
  require(std::isfinite(value) && value >= 0, "threshold: {} = {} is not a number of at least 0", name, value);
  require(!found->whole || (value >= 1 && value <= 1e15 && value == std::floor(value)),
          "threshold: {} = {} is not a whole number above 0", name, value);
  std::erase_if(thresholds.set_, [&](const auto& set) { return set.first == name; });
  thresholds.set_.emplace_back(found->name, value);
}

void set_threshold(Thresholds& thresholds, std::string_view text) {
  const std::size_t sign = text.find('=');
  double value = 0;
  const bool has_sign = sign != std::string_view::npos;
  const std::string_view number = has_sign ? text.substr(sign + 1) : std::string_view();
  require(has_sign && parse(number, value), "threshold: \"{}\" is not NAME=NUMBER, as near_dead_rate=0.02 is", text);
  set_threshold(thresholds, text.substr(0, sign), value);
}

}  // namespace relume::health
