// A rectifier that never switches off is a linear layer.
#include <algorithm>

#include "relume/base/require.h"
#include "relume/health/layer_rule.h"

namespace relume::health::rule {
namespace {

/// Of the units.
constexpr Threshold always_on_share{"always_on_share", 0.5};

Verdict judge_always_on_layer(const Measurements& m, const Thresholds& thresholds) {
  Verdict verdict = find_units(m, thresholds, "always_on_layer", ActivationKind::rectifier,
                               [](const LayerActivity& layer, std::size_t j) { return layer.fired[j] == layer.rows; });
  std::erase_if(verdict.findings,
                [&](const Finding& f) { return f.evidence.back().second <= thresholds[always_on_share]; });
  for (Finding& finding : verdict.findings) {
    finding.cause = fmt::format("{} of {} units were on for every one of {} rows: the layer is nearly linear.",
                                finding.units.size(), finding.evidence[1].second, finding.evidence[2].second);
    finding.remedy = {"If the loss is too high, standardise the inputs or start with biases of 0; else leave it."};
  }
  return verdict;
}

}  // namespace

extern const Rule always_on_layer;
const Rule always_on_layer{"always_on_layer",
                           Subject::units,
                           &judge_always_on_layer,
                           "a ReLU-like layer whose units fire on every row",
                           {&least_rows, &always_on_share}};

}  // namespace relume::health::rule
