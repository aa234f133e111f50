// Public. How a Predictor runs a layer of weights, and what that takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace relume::infer {

struct PlannedLayer {
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
  /// "dense": all weights; "sparse": of rows with many zeros without the weights of these; "pruned": without weights
  /// that are 0 in every row
  std::string way = "dense";
  double sparse_from = 1;       ///< the share of inputs that must be 0 for that, in a row alone
  std::size_t bytes = 0;        ///< of weights and bias as they are laid out
  std::size_t dense_bytes = 0;  ///< and where nothing is left out
  double off = 0;               ///< the share of inputs that were 0 in the rows it was timed with
  double nanoseconds = 0;       ///< of such a row
};

}  // namespace relume::infer
