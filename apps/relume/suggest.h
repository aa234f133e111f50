// Private. What to say of a command line that was not understood.
#pragma once

#include <string>
#include <vector>

namespace relume::app {

struct Unknown {
  std::vector<std::string> words;  ///< all that stands behind the program's name
  std::string command;             ///< the subcommand among them; empty where there is none
  std::vector<std::string> known;  ///< its options, "--lr", or the subcommands
  std::vector<std::string> rest;   ///< what the parser had no place for
};

/// What was not understood on the command line, with the nearest option or subcommand.
std::string describe_unknown(const Unknown& what);

}  // namespace relume::app
