#include "apps/relume/suggest.h"

#include <algorithm>

#include <fmt/core.h>

#include "relume/base/nearest.h"

namespace relume::app {

std::string describe_unknown(const CLI::App& command, int argc, char** argv) {
  std::vector<std::string> words;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; }))
    words.push_back(sub->get_name());
  const bool top = command.get_parent() == nullptr;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    const bool flag = word.starts_with("-") && word.size() > 1;
    word = word.substr(0, word.find('='));
    if (!(flag || top) || std::find(words.begin(), words.end(), word) != words.end()) continue;
    if (flag && !word.starts_with("--")) continue;
    const std::string_view guess = nearest(word, {words.begin(), words.end()});
    return fmt::format("{}{} is not known{}; relume {}--help lists what is", top ? "" : command.get_name() + ": ", word,
                       guess.empty() ? "" : fmt::format("; did you mean {}?", guess),
                       top ? "" : command.get_name() + " ");
  }
  const std::vector<std::string> rest = command.remaining();
  return fmt::format("{}: {} is one argument too many; relume {} --help shows the usage", command.get_name(),
                     rest.empty() ? "something" : "\"" + rest.front() + "\"", command.get_name());
}

}  // namespace relume::app
