#include "apps/relume/train_arguments.h"

#include <fmt/format.h>

#include "relume/train/option_table.h"

namespace relume::app {
namespace {

using training::TrainOption;

/// Declares one option, by what stands at its member.
struct Declare {
  const Command& command;
  const TrainOption& option;
  TrainOptions& options;
  std::string names, help;

  template <class T>
  Option operator()(T TrainOptions::*member) const {
    return command.option(names, options.*member, help);
  }
  Option operator()(bool TrainOptions::*member) const {
    return option.choices ? text() : command.flag(names, options.*member, help);
  }
  Option operator()(std::vector<std::string> TrainOptions::*member) const {
    const Option list = command.option(names, options.*member, help);
    list.split_at_commas().repeated();
    return list;
  }
  Option operator()(std::vector<std::string>& (*member)(TrainOptions&)) const {
    const Option list = command.option(names, member(options), help);
    list.repeated();
    return list;
  }
  Option operator()(std::vector<std::int64_t> TrainOptions::*) const { return text(); }
  Option operator()(Part TrainOptions::*) const { return text(); }
  Option operator()(const training::Named&) const { return text(); }
  Option operator()(health::Thresholds TrainOptions::*) const {
    const Option list = command.option(
        names,
        [this_option = &option, place = &options](const std::vector<std::string>& texts) {
          for (const std::string& each : texts) this_option->take(*place, each);
        },
        help);
    list.repeated();
    return list;
  }

  /// One that its row of the table understands.
  Option text() const {
    return command.option(
        names,
        [this_option = &option, place = &options](const std::vector<std::string>& texts) {
          this_option->take(*place, texts.front());
        },
        help);
  }
};

std::string default_of(const TrainOption& option, const TrainOptions& options) {
  const training::OptionValue value = option.value(options);
  const auto* flag = std::get_if<bool>(&value);
  return flag ? option.choices()[*flag ? 1 : 0] : training::to_text(value);
}

std::vector<std::string_view> names(bool of_task) {
  std::vector<std::string_view> result;
  for (const TrainOption& option : training::train_options())
    if ((option.of_data || option.name == "seed") == of_task) result.push_back(option.name);
  return result;
}

}  // namespace

void add_data(const Command& command, std::string& data) {
  command
      .option("DATA", data,
              "folder of IDX files, .csv, .tsv, .npy, .npz, LIBSVM, - or builtin:spirals|moons|circles|friedman")
      .required()
      .or_stdin();
}

void add_train_options(const Command& command, TrainOptions& options, const std::vector<std::string_view>& names) {
  for (const std::string_view name : names) {
    const TrainOption& option = training::find_train_option(name);
    std::string help(option.help);
    if (option.usual) help += fmt::format(" ({})", option.usual());
    const Option declared =
        std::visit(Declare{command, option, options, "--" + option.command_line_word(), help}, option.member);
    if (option.limit) declared.number(*option.limit);
    if (option.choices) declared.one_of(option.choices());
    if (option.shows_default) declared.with_default(default_of(option, options));
  }
}

std::vector<std::string_view> names_of_task(bool one_activation) {
  std::vector<std::string_view> all = names(true);
  if (!one_activation) std::erase(all, "activation");
  return all;
}

std::vector<std::string_view> names_of_training() { return names(false); }

std::string in_own_words(const OptionError& error, std::string_view command) {
  std::string text = error.what();
  constexpr std::string_view speaker = "train: ";
  if (text.starts_with(speaker)) text.replace(0, speaker.size(), fmt::format("{}: ", command));
  const bool advises = !error.advice.empty();
  const std::size_t begin = advises ? text.size() - error.advice.size() : text.find(": ");
  for (const std::string& name : error.options) {
    const std::string word = "--" + training::find_train_option(name).command_line_word();
    std::size_t at = text.find(name, begin);
    do {
      if (at == std::string::npos) break;
      text.replace(at, name.size(), word);
      at = text.find(name, at + word.size());
    } while (advises);
  }
  return text;
}

}  // namespace relume::app
