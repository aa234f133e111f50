// Private. What the subcommands that train a network are told, from the table of relume/train/option_table.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/relume/options.h"
#include "relume/train/options.h"

namespace relume::app {

/// DATA, as training takes it.
void add_data(const Command& command, std::string& data);

/// The options of these names, in their order.
void add_train_options(const Command& command, TrainOptions& options, const std::vector<std::string_view>& names);

/// Those that say what is learned, and by which network; and the seed. Without the activation where there are several.
std::vector<std::string_view> names_of_task(bool one_activation = true);
/// Those that say how.
std::vector<std::string_view> names_of_training();

/// What is wrong with an option, in the words of this command line.
std::string in_own_words(const OptionError& error, std::string_view command);

}  // namespace relume::app
