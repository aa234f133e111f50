// Public. Running a network over rows of a dataset.
#pragma once

#include <cstdint>
#include <span>

#include "relume/data/dataset.h"
#include "relume/nn/module.h"

namespace relume::io {

/// The network's outputs for these rows of the dataset, float32 [rows, outputs], in evaluation mode, nothing recorded.
Tensor outputs(nn::Module& network, const data::Dataset& dataset, std::span<const std::int64_t> rows);

}  // namespace relume::io
