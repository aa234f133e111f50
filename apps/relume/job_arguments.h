// What the subcommands that train a network are told about the data and the network.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "relume/train/job.h"

namespace relume::app {

/// The widths in "64,64". Throws InputError that begins with `command`.
std::vector<std::int64_t> parse_hidden(const std::string& text, const std::string& command);

/// The options that say how delimited text is read.
void add_csv_options(CLI::App& command, data::CsvOptions& csv);

struct JobArguments {
  training::JobOptions options;
  std::string task = "auto", hidden;

  void add_to(CLI::App& command);
  /// Puts the texts into the options. `command` begins the error of one that is wrong.
  void settle(const std::string& command);
};

}  // namespace relume::app
