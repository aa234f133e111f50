// Private. What goes to stdout for people, and how words that come from files are shown.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/core.h>

namespace relume::app {

enum class Keep { nothing, lines, colours };

/// The text with all that would command a terminal, or change the order in which it shows what follows, spelled as JSON
/// does: \u001b. Bytes that are no UTF-8 become \x9b. `keep` says what passes: lines' ends and tabs, and ESC[…m too.
std::string visible(std::string_view text, Keep keep = Keep::nothing);

/// Texts are shown as visible() has them.
template <class T>
decltype(auto) shown(const T& value) {
  if constexpr (std::convertible_to<const T&, std::string_view>)
    return visible(value);
  else
    return (value);
}

/// As fmt::print(), with visible texts.
template <class... T>
void print(fmt::format_string<T...> format, T&&... values) {
  fmt::print("{}", fmt::vformat(format, fmt::make_format_args(shown(values)...)));
}

/// A text of many lines.
inline void print_lines(std::string_view text, Keep keep = Keep::lines) { fmt::print("{}", visible(text, keep)); }

/// The columns of the terminal that a file descriptor writes to, where it writes to one that tells.
std::optional<int> terminal_width(int descriptor);

}  // namespace relume::app
