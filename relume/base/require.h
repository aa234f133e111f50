// Private. Throwing errors with formatted text. For sources, not for headers that users include: it brings in fmt.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "relume/base/error.h"
#include "relume/base/shape.h"

/// Shapes go into messages as they are, so that their text is made only when something is wrong.
template <>
struct fmt::formatter<relume::Shape> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  auto format(const relume::Shape& shape, fmt::format_context& context) const {
    const std::string text = relume::to_string(shape);
    return std::copy(text.begin(), text.end(), context.out());
  }
};

namespace relume {

// Hidden: there are hundreds of these, each with a name as long as its arguments' types, and no other library calls
// them.
#define RELUME_HIDDEN [[gnu::visibility("hidden")]]

/// Where fail() ends; one for each type of error.
template <class E>
[[noreturn]] RELUME_HIDDEN void throw_error(fmt::string_view text, fmt::format_args args) {
  throw E(fmt::vformat(text, args));
}

/// Throws E with the formatted text.
template <class E = ValueError, class... Args>
[[noreturn]] RELUME_HIDDEN void fail(fmt::format_string<Args...> text, Args&&... args) {
  throw_error<E>(text, fmt::make_format_args(args...));
}

/// Throws E with the formatted text unless `holds`; the text is formatted only then.
template <class E = ValueError, class... Args>
RELUME_HIDDEN inline void require(bool holds, fmt::format_string<Args...> text, Args&&... args) {
  if (!holds) [[unlikely]]
    fail<E>(text, std::forward<Args>(args)...);
}

#undef RELUME_HIDDEN

}  // namespace relume
