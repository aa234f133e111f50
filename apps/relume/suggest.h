// What to say of a command line that was not understood.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace relume::app {

/// What was not understood on the command line, with the nearest option or subcommand.
std::string describe_unknown(const CLI::App& command, int argc, char** argv);

}  // namespace relume::app
