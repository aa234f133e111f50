// Public. Taking dead units out of a network: smaller, with the same function.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "relume/health/revive.h"
#include "relume/nn/architecture.h"

namespace relume::health {

struct Smaller {
  std::vector<nn::LayerSpec> architecture;
  std::shared_ptr<nn::Sequential> network;
  Treated removed;
};

/// A copy of the network, which takes `features` values a row, without the units that `activity` has found dead; at
/// least one unit stays in a layer. A dead unit gives 0, so on rows on which it is dead nothing changes beyond the
/// order of rounding.
Smaller remove_dead_units(nn::Sequential& network, const std::vector<nn::LayerSpec>& architecture,
                          std::span<const LayerActivity> activity, std::int64_t features);

}  // namespace relume::health
