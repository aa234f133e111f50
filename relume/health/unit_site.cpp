#include "relume/health/unit_site.h"

#include <algorithm>

#include "relume/health/unit_activity.h"

namespace relume::health {
namespace {

/// The linear layer next to the module at `from`, that way, with nothing but dropout between.
nn::Linear* neighbour(nn::Sequential& network, std::size_t from, int way, std::size_t& place) {
  const auto size = static_cast<std::ptrdiff_t>(network.size());
  for (std::ptrdiff_t i = static_cast<std::ptrdiff_t>(from) + way; i >= 0 && i < size; i += way) {
    place = static_cast<std::size_t>(i);
    if (nn::Linear* linear = network[place].as_linear()) return linear;
    if (!network[place].is_identity_in_evaluation()) return nullptr;
  }
  return nullptr;
}

}  // namespace

std::vector<UnitSite> unit_sites(nn::Sequential& network) {
  std::vector<UnitSite> sites;
  const auto activations = named_activations(network);
  for (std::size_t i = 0; i < network.size(); ++i)
    for (const auto& [name, activate] : activations) {
      if (activate != &network[i] || kind_of(activate->activation()) != ActivationKind::rectifier) continue;
      const auto uses = std::count_if(sites.begin(), sites.end(), [&](const UnitSite& other) {
        return &network[other.activation_place] == &network[i];
      });
      UnitSite site{.layer = name + (uses > 0 ? ":" + std::to_string(uses + 1) : ""), .activation_place = i};
      std::size_t after = 0;
      site.incoming = neighbour(network, i, -1, site.incoming_place);
      site.outgoing = neighbour(network, i, +1, after);
      if (site.incoming && site.outgoing && site.outgoing->in_features() == site.incoming->out_features())
        sites.push_back(site);
    }
  return sites;
}

}  // namespace relume::health
