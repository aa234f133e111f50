// Public. What the numbers of a run depend on beside its data and options.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace relume::training {

/// (name, value): relume's version, what compiled it, the processor with the instructions in use, threads, system,
/// time.
std::vector<std::pair<std::string, std::string>> machine();

}  // namespace relume::training
