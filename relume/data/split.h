// Public. Which rows train, which validate and which test.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "relume/tensor/tensor.h"

namespace relume::data {

/// 0, 1, … n − 1.
std::vector<std::int64_t> count_to(std::int64_t n);

struct Split {
  std::vector<std::int64_t> train;
  std::vector<std::int64_t> valid;
  std::vector<std::int64_t> test;
};

struct SplitOptions {
  double valid = 0.2;  ///< below 1 a fraction of the rows, else a number of rows
  double test = 0;     ///< the same
  std::uint64_t seed = 0;
};

/// Splits `rows`, in random order by the seed. `targets` holds one target for each of `rows`: int64 classes are spread
/// so that every part has its share of each (stratified) and a class of one row is in training; floating-point targets
/// are spread the same way by their rank. Throws ValueError where too few rows are left to train.
Split split_rows(std::span<const std::int64_t> rows, const Tensor& targets, const SplitOptions& options);

}  // namespace relume::data
