// Public. Data made from a formula, for demonstrations and tests.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "relume/data/table.h"

namespace relume::data {

struct BuiltinOptions {
  std::int64_t rows = 2000;
  std::uint64_t seed = 0;
};

/// "spirals": two arms of 1.75 turns. "moons": two interleaved half circles. "circles": one inside the other. Columns
/// x1, x2 and label (0 or 1). "friedman": Friedman #1, y = 10 sin(π x1 x2) + 20 (x3 − ½)² + 10 x4 + 5 x5 + noise N(0,
/// 1) with x1 … x10 uniform in [0, 1] (Friedman, "Multivariate adaptive regression splines", 1991). Throws InputError
/// on another name.
Table builtin(std::string_view name, const BuiltinOptions& options = {});

/// The names that builtin() knows.
const std::vector<std::string_view>& builtin_names();

}  // namespace relume::data
