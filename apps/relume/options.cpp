#include "apps/relume/options.h"

#include <algorithm>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "apps/relume/print.h"
#include "apps/relume/suggest.h"
#include "relume/base/require.h"
#include "relume/train/option_table.h"

namespace relume::app {
namespace {

/// A check that shows nothing of itself in the help.
CLI::Validator silent(std::function<std::string(std::string&)> check) { return {std::move(check), ""}; }

/// What a word is read as where a number is wanted: as the parser reads it into its place.
template <class Number>
bool holds(const training::Limit& limit, const std::string& text) {
  Number value{};
  return CLI::detail::lexical_cast(text, value) && limit.holds(static_cast<double>(value));
}

// The parser takes -1 for the largest number there is.
std::string not_negative(std::string& text) {
  return text.starts_with('-') ? text + " is not a whole number of at least 0" : "";
}

struct Adder {
  CLI::App& app;
  const std::string& names;
  const std::string& help;

  template <class T>
  CLI::Option* operator()(T* place) const {
    CLI::Option* option = app.add_option(names, *place, help);
    if constexpr (std::is_same_v<T, std::uint64_t>) option->check(silent(not_negative));
    return option;
  }
  CLI::Option* operator()(const std::function<void(const std::vector<std::string>&)>& take) const {
    return app.add_option_function<std::vector<std::string>>(names, take, help)->expected(1);
  }
};

const CLI::App& chosen(const CLI::App& app) {
  const auto subcommands = app.get_subcommands();
  return subcommands.empty() ? app : *subcommands.front();
}

/// CLI11 takes -.5 and -inf for options: behind "--" they are numbers. Flags go before it, but for what the user has
/// put behind a "--" of his own.
std::vector<std::string> arranged(std::vector<std::string> words) {
  if (!words.empty() && words[0] == "apply") {
    const auto end_of_options = std::find(words.begin() + 1, words.end(), "--");
    const auto values = std::stable_partition(words.begin() + 1, end_of_options, [](const std::string& w) {
      return w == "-h" || (w.starts_with("--") && w.size() > 2);
    });
    if (end_of_options != words.end()) words.erase(end_of_options);
    if (values != words.end()) words.insert(values, "--");
  }
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  return words;
}

std::string unknown(const CLI::App& command, const std::vector<std::string>& words) {
  Unknown what{.words = words,
               .command = command.get_parent() ? command.get_name() : "",
               .known = {},
               .rest = command.remaining()};
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) what.known.push_back("--" + name);
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; }))
    what.known.push_back(sub->get_name());
  return describe_unknown(what);
}

std::string what_is_wrong(const CLI::ParseError& error, const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App& command = chosen(app);
  const bool top = &command == &app;
  if (dynamic_cast<const CLI::ExtrasError*>(&error) || (top && !words.empty())) return unknown(command, words);
  return top ? fmt::format("{}; relume --help shows the usage", error.what())
             : fmt::format("{0}: {1}; relume {0} --help shows the usage", command.get_name(), error.what());
}

}  // namespace

const Option& Option::required() const {
  option_->required();
  return *this;
}

const Option& Option::number(const training::Limit& limit) const {
  option_->check(silent([&limit](const std::string& text) -> std::string {
    const bool good = limit.whole ? holds<std::int64_t>(limit, text) : holds<double>(limit, text);
    return good ? "" : fmt::format("{} is not {}", text, limit.in_words);
  }));
  return *this;
}

const Option& Option::one_of(const std::vector<std::string>& words) const {
  option_->check(CLI::IsMember(words));
  return *this;
}

const Option& Option::with_default() const {
  option_->capture_default_str();
  return *this;
}

const Option& Option::with_default(const std::string& text) const {
  option_->default_str(text);
  return *this;
}

const Option& Option::exactly(int count) const {
  option_->expected(count);
  return *this;
}

const Option& Option::repeated() const {
  option_->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args(false);
  return *this;
}

const Option& Option::split_at_commas() const {
  option_->delimiter(',');
  return *this;
}

const Option& Option::or_stdin() const {
  option_->transform(silent([](std::string& text) -> std::string {
    if (text == "-") text = "/dev/stdin";
    return {};
  }));
  return *this;
}

Option Command::add(const std::string& names, const Place& place, const std::string& help) const {
  return Option(std::visit(Adder{*app_, names, help}, place));
}

Option Command::flag(const std::string& name, bool& place, const std::string& help) const {
  return Option(app_->add_flag(name, place, help));
}

Option Command::flag(const std::string& name, std::string& place, const std::string& help) const {
  return Option(app_->add_flag(name, place, help));
}

Command Command::subcommand(std::string_view name, std::string_view summary) const {
  app_->require_subcommand(1);
  return Command(app_->add_subcommand(std::string(name), std::string(summary)));
}

void Command::footer(const std::string& text) const { app_->footer(text); }

void Command::run(std::function<void()> action) const { app_->callback(std::move(action)); }

std::vector<Given> Command::given() const {
  std::vector<Given> all;
  for (const CLI::Option* option : app_->get_options()) {
    if (option->count() == 0) continue;
    all.push_back({.name = option->get_lnames().empty() ? "" : option->get_lnames().front(),
                   .is_flag = option->get_items_expected_max() == 0,
                   .words = option->results()});
  }
  return all;
}

void run_command_line(std::span<const CommandEntry> commands, const std::vector<std::string>& words) {
  CLI::App app("Trains and runs ReLU networks.", "relume");
  app.set_version_flag("--version", "relume " RELUME_VERSION);
  const Command top(&app);
  for (const CommandEntry& entry : commands) {
    Command command = top.subcommand(entry.name, entry.summary);
    entry.define(command);
  }
  try {
    app.parse(arranged(words));
  } catch (const CLI::Success& asked) {
    std::ostringstream text;
    app.exit(asked, text, text);
    print_lines(text.str());
  } catch (const CLI::ParseError& error) {
    throw InputError(what_is_wrong(error, app, words));
  }
}

}  // namespace relume::app
