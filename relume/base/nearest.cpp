// Compiled for size.
#include "relume/base/nearest.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <utility>

namespace relume {
namespace {

/// Longer words than this are not typed by hand, and the distance takes the product of two lengths.
constexpr std::size_t longest_word = 100;

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (lower(a[i]) == lower(b[j]) ? 0 : 1);
      diagonal = std::exchange(row[j + 1], std::min({row[j] + 1, row[j + 1] + 1, replaced}));
    }
  }
  return row.back();
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known) {
  word = word.substr(0, longest_word);
  std::string_view found;
  const std::size_t furthest = std::max<std::size_t>(2, word.size() / 3);
  std::size_t best = longest_word;
  for (const std::string_view candidate : known) {
    const std::size_t distance = edit_distance(word, candidate.substr(0, longest_word));
    const bool part = word.size() > 2 && candidate.find(word) != std::string_view::npos;
    if ((distance <= furthest || part) && distance < best) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known) {
  const std::string_view found = nearest(word, known);
  return found.empty() ? std::string() : " (did you mean \"" + std::string(found) + "\"?)";
}

}  // namespace relume
