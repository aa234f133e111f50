// Private. The table of subcommands.
#pragma once

#include <span>

#include "apps/relume/options.h"

namespace relume::app {

/// In the order in which the help lists them.
std::span<const CommandEntry> commands();

}  // namespace relume::app
