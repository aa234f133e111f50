#include "apps/relume/suggest.h"

#include <algorithm>
#include <numeric>

#include <fmt/core.h>

namespace relume::app {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j)
      diagonal = std::exchange(row[j + 1], std::min({row[j] + 1, row[j + 1] + 1, diagonal + (a[i] != b[j])}));
  }
  return row.back();
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  const auto distance = [&](const std::string& k) { return edit_distance(word, k); };
  const auto best = std::min_element(known.begin(), known.end(),
                                     [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
  if (best == known.end() || distance(*best) > std::max<std::size_t>(2, word.size() / 3)) return {};
  return *best;
}

std::string describe_unknown(const CLI::App& command, int argc, char** argv) {
  std::vector<std::string> known;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; }))
    known.push_back(sub->get_name());
  const bool top = command.get_parent() == nullptr;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    const bool flag = word.starts_with("-") && word.size() > 1;
    word = word.substr(0, word.find('='));
    if (!(flag || top) || std::find(known.begin(), known.end(), word) != known.end()) continue;
    if (flag && !word.starts_with("--")) continue;
    const std::string guess = nearest(word, known);
    return fmt::format("{}{} is not known{}; relume {}--help lists what is", top ? "" : command.get_name() + ": ", word,
                       guess.empty() ? "" : fmt::format("; did you mean {}?", guess),
                       top ? "" : command.get_name() + " ");
  }
  const std::vector<std::string> rest = command.remaining();
  return fmt::format("{}: {} is one argument too many; relume {} --help shows the usage", command.get_name(),
                     rest.empty() ? "something" : "\"" + rest.front() + "\"", command.get_name());
}

}  // namespace relume::app
