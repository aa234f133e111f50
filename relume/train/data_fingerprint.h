// Private. Whether a run is gone on with on the data that it began with.
#pragma once

#include <string>

#include "relume/data/dataset.h"
#include "relume/data/split.h"
#include "relume/io/model.h"

namespace relume::training {

/// A checksum of all values as the network sees them, of what they were made with, and of which rows are for what. Of
/// other values, other labels or another order of the rows it is another one.
std::string data_fingerprint(const io::Model& model, const data::Dataset& dataset, const data::Split& split);

}  // namespace relume::training
