// "Did you mean": the nearest known word to one that is not known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

namespace relume::app {

/// Single-character edits from one word to the other (Levenshtein).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known word nearest to `word`; empty where none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

/// What was not understood on the command line, with the nearest option or subcommand.
std::string describe_unknown(const CLI::App& command, int argc, char** argv);

}  // namespace relume::app
