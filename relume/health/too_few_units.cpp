// A hidden layer of a few units has learned a part of the task and stands still.
#include <algorithm>
#include <limits>

#include "relume/base/require.h"
#include "relume/health/rule.h"

namespace relume::health::rule {
namespace {

/// Of the narrowest hidden layer.
constexpr Threshold few_units{"few_units", 4, true};
/// Loss over a constant answer's.
constexpr Threshold unlearned_share{"unlearned_share", 0.2};

constexpr std::ptrdiff_t least_epochs = 8;
constexpr double still = 0.95;  // of the lowest loss before the last quarter

double lowest(std::vector<EpochLoss>::const_iterator begin, std::vector<EpochLoss>::const_iterator end) {
  double loss = std::numeric_limits<double>::infinity();
  for (auto epoch = begin; epoch != end; ++epoch) loss = std::min(loss, epoch->train);
  return loss;
}

Verdict judge_too_few_units(const Measurements& m, const Thresholds& thresholds) {
  const LayerActivity* narrowest = nullptr;
  for (const LayerActivity& layer : m.activity)
    if (!layer.fired.empty() && (!narrowest || layer.fired.size() < narrowest->fired.size())) narrowest = &layer;
  if (!narrowest) return {.cannot_judge = "no activations were watched"};
  const auto n = std::ssize(m.epochs);
  if (n < least_epochs) return {.cannot_judge = fmt::format("not enough epochs: {}, it takes {}", n, least_epochs)};
  const auto units = static_cast<std::int64_t>(narrowest->fired.size());
  const double before = lowest(m.epochs.begin(), m.epochs.end() - n / 4),
               loss = std::min(before, lowest(m.epochs.end() - n / 4, m.epochs.end())),
               start = std::min(m.first_loss, m.constant_loss.value_or(m.first_loss));
  const bool learned_a_part =
      loss < (1 - thresholds[least_improvement]) * start && loss > thresholds[unlearned_share] * start;
  if (units > thresholds.count(few_units) || !learned_a_part || loss < still * before) return {};
  Finding finding;
  finding.rule = "too_few_units";
  finding.severity = Severity::warning;
  finding.layer = narrowest->layer;
  finding.step = m.step;
  finding.evidence = {{"units", static_cast<double>(units)}, {"loss", loss}, {"constant_loss", start}};
  finding.cause = fmt::format(
      "all that the network knows passes through {} units, and the training loss stands still at {:.3g}; a constant "
      "answer's is {:.3g}.",
      units, loss, start);
  finding.remedy = {"Try {} or another start.", {{"hidden", "16"}}};
  return {.findings = {std::move(finding)}};
}

}  // namespace

extern const Rule too_few_units;
const Rule too_few_units{"too_few_units",
                         Subject::state,
                         &judge_too_few_units,
                         "the narrowest hidden layer, where the training loss stands still above that of an answer",
                         {&few_units, &unlearned_share, &least_improvement}};

}  // namespace relume::health::rule
