// Private. What the readers of text call a blank, a digit and a letter: ASCII's, whatever the locale says.
#pragma once

#include <string_view>

namespace relume::data {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
constexpr bool is_space(char c) { return is_blank(c) || c == '\r' || c == '\n'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// The text without what `is_outer` holds for at both ends.
constexpr std::string_view trim(std::string_view text, bool (*is_outer)(char) = is_blank) {
  while (!text.empty() && is_outer(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_outer(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace relume::data
