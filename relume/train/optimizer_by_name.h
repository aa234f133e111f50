// Private. The optimizer that the options name.
#pragma once

#include <memory>
#include <vector>

#include "relume/optim/optimizer.h"
#include "relume/train/options.h"

namespace relume::training {

/// One of optim::optimizers(). Throws ValueError that lists them.
std::unique_ptr<optim::Optimizer> make_optimizer(const Options& options, std::vector<Tensor> parameters);

}  // namespace relume::training
