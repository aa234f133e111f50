// Private. A whole text as a number.
#pragma once

#include <charconv>
#include <string_view>
#include <system_error>

namespace relume {

/// Whether all of the text is a number that T holds, as std::from_chars() reads it; `number` is that number then.
template <class T>
bool parse(std::string_view text, T& number) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && stop == text.data() + text.size();
}

}  // namespace relume
