#include "apps/relume/suggest.h"

#include <algorithm>

#include <fmt/core.h>

#include "relume/base/nearest.h"

namespace relume::app {

std::string describe_unknown(const Unknown& what) {
  const bool top = what.command.empty();
  for (std::string word : what.words) {
    const bool flag = word.starts_with("-") && word.size() > 1;
    word = word.substr(0, word.find('='));
    if (!(flag || top) || std::find(what.known.begin(), what.known.end(), word) != what.known.end()) continue;
    if (flag && !word.starts_with("--")) continue;
    const std::string_view guess = nearest(word, {what.known.begin(), what.known.end()});
    return fmt::format("{}{} is not known{}; relume {}--help lists what is", top ? "" : what.command + ": ", word,
                       guess.empty() ? "" : fmt::format("; did you mean {}?", guess), top ? "" : what.command + " ");
  }
  return fmt::format("{}: {} is one argument too many; relume {} --help shows the usage", what.command,
                     what.rest.empty() ? "something" : "\"" + what.rest.front() + "\"", what.command);
}

}  // namespace relume::app
