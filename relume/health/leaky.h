// Public. The cure leaky: a layer with dead units gets an activation that always has a slope.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "relume/nn/architecture.h"

namespace relume::health {

/// Turns the rectifiers of these layers (as findings name them) into leaky_relu, in the network and in `architecture`,
/// the text that the network was built from. The function changes where inputs are negative, by a hundredth of them.
/// Returns how many layers were changed.
std::int64_t make_leaky(nn::Sequential& network, std::vector<nn::LayerSpec>& architecture,
                        std::span<const std::string> layers);

}  // namespace relume::health
