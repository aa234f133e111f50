// Public. Running a network over rows of a dataset.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "relume/data/dataset.h"
#include "relume/nn/module.h"

namespace relume::io {

/// The network's outputs for these rows of the dataset, float32 [rows, outputs], in evaluation mode, nothing recorded.
Tensor outputs(nn::Module& network, const data::Dataset& dataset, std::span<const std::int64_t> rows);

/// 0, 1, … n − 1.
std::vector<std::int64_t> count_to(std::int64_t n);

}  // namespace relume::io
