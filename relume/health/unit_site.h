// Private. Where a layer's units stand in a network: what feeds them and what they feed.
#pragma once

#include <string>
#include <vector>

#include "relume/nn/linear.h"
#include "relume/nn/sequential.h"

namespace relume::health {

/// A rectifier between two linear layers of a Sequential, dropout left aside. Places count the Sequential's modules.
struct UnitSite {
  std::string layer;  ///< as named_activations() names it
  std::size_t incoming_place = 0;
  std::size_t activation_place = 0;
  nn::Linear* incoming = nullptr;  ///< its row j makes unit j
  nn::Linear* outgoing = nullptr;  ///< its column j takes from unit j
};

/// From the input to the output. Layers that stand otherwise cannot be treated one unit at a time and are left out.
std::vector<UnitSite> unit_sites(nn::Sequential& network);

}  // namespace relume::health
