// What the subcommands that train a network are told about the data and the network.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/relume/options.h"
#include "relume/train/job.h"

namespace relume::app {

/// The widths in "64,64". Throws InputError that begins with `command`.
std::vector<std::int64_t> parse_hidden(const std::string& text, const std::string& command);

/// The options that say how delimited text is read.
void add_csv_options(const Command& command, data::CsvOptions& csv);

struct JobArguments {
  training::JobOptions options;
  std::string task = "auto", hidden;

  /// The options of all that train; without --activation where there are several.
  void add_to(const Command& command, bool one_activation = true);
  /// Puts the texts into the options. `command` begins the error of one that is wrong.
  void settle(const std::string& command);
};

}  // namespace relume::app
