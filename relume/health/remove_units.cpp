#include "relume/health/remove_units.h"

#include <algorithm>

#include "relume/base/require.h"
#include "relume/health/unit_site.h"
#include "relume/ops/index.h"

namespace relume::health {
namespace {

using State = std::vector<std::pair<std::string, Tensor>>;

/// The units of a layer of that width that are to stay.
std::vector<std::int64_t> others(std::int64_t units, const std::vector<std::int64_t>& dead) {
  std::vector<std::int64_t> kept;
  for (std::int64_t j = 0; j < units; ++j)
    if (!std::binary_search(dead.begin(), dead.end(), j)) kept.push_back(j);
  if (kept.empty()) kept.push_back(0);
  return kept;
}

void keep(State& state, const Tensor& parameter, const std::vector<std::pair<std::string, Tensor>>& names,
          int dimension, const std::vector<std::int64_t>& units) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (parameter.defined() && names[i].second.same_as(parameter))
      state[i].second = index_select(state[i].second, dimension, from_vector(units));
}

}  // namespace

Smaller remove_dead_units(nn::Sequential& network, const std::vector<nn::LayerSpec>& architecture,
                          std::span<const LayerActivity> activity, std::int64_t features) {
  require(network.size() == architecture.size() + 1, "remove: {} modules were not built from {} layers", network.size(),
          architecture.size());
  Smaller result;
  result.architecture = architecture;
  const State names = network.state();
  State state;
  for (const auto& [name, tensor] : names) state.emplace_back(name, tensor.detach());
  for (const UnitSite& site : unit_sites(network))
    for (const LayerActivity& layer : activity) {
      if (layer.layer != site.layer || layer.dead_units().empty()) continue;
      const std::int64_t units = site.incoming->out_features();
      const std::vector<std::int64_t> kept = others(units, layer.dead_units());
      const auto left = static_cast<std::int64_t>(kept.size());
      if (left == units) continue;
      keep(state, site.incoming->weight, names, 0, kept);
      keep(state, site.incoming->bias, names, 0, kept);
      keep(state, site.outgoing->weight, names, 1, kept);
      result.architecture[site.incoming_place].arguments = std::to_string(left);
      result.removed.emplace_back(site.layer, units - left);
    }
  Rng rng(0);
  result.network = nn::build(result.architecture, features, network.features_out(features), rng);
  result.network->load_state(state);
  result.network->train(network.is_training());
  return result;
}

}  // namespace relume::health
