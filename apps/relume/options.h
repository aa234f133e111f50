// Private. What a subcommand takes on the command line, declared without the parser, which options.cpp alone includes.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): theirs
class App;
class Option;
}  // namespace CLI

namespace relume::training {
struct Limit;
}  // namespace relume::training

namespace relume::app {

/// Where what is given goes; the object must outlive the parse. A function takes it as texts, of
/// which there is one unless the option is repeated().
using Place = std::variant<int*, std::int64_t*, std::uint64_t*, double*, std::string*, std::vector<double>*,
                           std::vector<std::string>*, std::function<void(const std::vector<std::string>&)>>;

/// An option or a positional argument, as Command::option() makes it.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  const Option& required() const;
  /// The limit must outlive the parse.
  const Option& number(const training::Limit& limit) const;
  const Option& one_of(const std::vector<std::string>& words) const;
  /// The help shows what its place holds where it is not given.
  const Option& with_default() const;
  /// It shows this text.
  const Option& with_default(const std::string& text) const;
  /// Takes so many values, no fewer.
  const Option& exactly(int count) const;
  /// A value each time that it stands there, and as often as needed.
  const Option& repeated() const;
  /// Values with commas between them; several words after it too where it is not repeated().
  const Option& split_at_commas() const;
  /// "-" names standard input, as everywhere.
  const Option& or_stdin() const;

 private:
  CLI::Option* option_;
};

/// An option that was given, for a command line that repeats a run.
struct Given {
  std::string name;  ///< without dashes; empty for a positional argument
  bool is_flag;
  std::vector<std::string> words;
};

/// A subcommand while it declares what it takes.
class Command {
 public:
  explicit Command(CLI::App* app) : app_(app) {}

  /// `names` is "--lr", "-o,--out", or without dashes for a positional argument.
  template <class T>
  Option option(const std::string& names, T& place, const std::string& help) const {
    return add(names, &place, help);
  }
  Option option(const std::string& names, std::function<void(const std::vector<std::string>&)> take,
                const std::string& help) const {
    return add(names, std::move(take), help);
  }
  Option flag(const std::string& name, bool& place, const std::string& help) const;
  /// One with words of its own: "--fix{remove}" is remove where nothing stands behind it, "--fix=revive" revive.
  Option flag(const std::string& name, std::string& place, const std::string& help) const;

  /// One of its own subcommands, of which one must then be given.
  Command subcommand(std::string_view name, std::string_view summary) const;
  void footer(const std::string& text) const;
  /// What it does, once all was understood.
  void run(std::function<void()> action) const;

  /// After the parse: the options that were given, in the order in which they were declared.
  std::vector<Given> given() const;

 private:
  Option add(const std::string& names, const Place& place, const std::string& help) const;

  CLI::App* app_;
};

/// A row of the table of subcommands.
struct CommandEntry {
  std::string_view name, summary;
  void (*define)(Command&);
};

/// Parses the words after the program's name and runs the subcommand among them; or prints the help or the version
/// that they ask for. Throws InputError with one line on what was not understood.
void run_command_line(std::span<const CommandEntry> commands, const std::vector<std::string>& words);

}  // namespace relume::app
