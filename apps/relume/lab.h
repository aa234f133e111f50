// What the experiments of `relume lab` have in common.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "relume/plot/chart.h"

namespace relume::app {

/// What an experiment has measured, and what that says about the claim.
struct LabResult {
  std::string claim;                           ///< what is said of ReLU
  std::string setting;                         ///< what was done
  std::vector<std::string> header;             ///< of the table
  std::vector<std::vector<std::string>> rows;  ///< its cells
  std::vector<std::string> verdicts;           ///< a sentence each: where the claim held, and where it did not
  plot::Chart picture{""};
};

struct LabOptions {
  std::uint64_t seed = 0;
  std::int64_t seeds = 5;  ///< of which each number is the median
};

// Each is an experiment; one file each.
LabResult lab_vanishing(const LabOptions& options);
LabResult lab_dying(const LabOptions& options);
LabResult lab_exploding(const LabOptions& options);
LabResult lab_sparsity(const LabOptions& options);

}  // namespace relume::app
