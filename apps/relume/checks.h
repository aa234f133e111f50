// What arguments may be.
#pragma once

#include <CLI/CLI.hpp>

namespace relume::app {

/// A whole number from 1 on.
CLI::Validator at_least_one();
/// A finite number above 0.
CLI::Validator above_zero();
/// A finite number of at least 0.
CLI::Validator not_below_zero();

/// For transform(): "-" names standard input, as everywhere.
CLI::Validator stdin_by_dash();

}  // namespace relume::app
