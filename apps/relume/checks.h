// What numbers on the command line may be, in words that stand in --help.
#pragma once

#include <CLI/CLI.hpp>

namespace relume::app {

/// A whole number from 1 on.
CLI::Validator at_least_one();
/// A finite number above 0.
CLI::Validator above_zero();
/// A finite number of at least 0.
CLI::Validator not_below_zero();

}  // namespace relume::app
