// Public. The cure revive: dead units begin again, without a jump of the network's function.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "relume/base/rng.h"
#include "relume/health/unit_activity.h"
#include "relume/nn/sequential.h"
#include "relume/optim/optimizer.h"

namespace relume::health {

struct ReviveOptions {
  double firing_share = 0.5;  ///< of the rows on which a revived unit fires
};

/// How many units of a layer were treated.
using Treated = std::vector<std::pair<std::string, std::int64_t>>;

/// Gives every unit that `activity` has found dead new incoming weights, drawn anew and scaled so that its input has
/// deviation 1 over `rows` (the network's input, float32 [n, …], a few hundred or more), and a bias with which it fires
/// on `firing_share` of them. A dead unit gives 0: with outgoing weights of 0 it still adds nothing, until it has
/// learned something. The optimizer, where there is one, forgets what it remembered of these weights. The scaling is
/// that of Mishkin, Matas, "All you need is a good init", 2016.
Treated revive(nn::Sequential& network, std::span<const LayerActivity> activity, const Tensor& rows,
               optim::Optimizer* optimizer, Rng& rng, const ReviveOptions& options = {});

}  // namespace relume::health
