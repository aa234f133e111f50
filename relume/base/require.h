// Throwing errors with formatted text. For sources, not for headers that users include: it brings in fmt.
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

/// Throws E with the formatted text.
template <class E = ValueError, class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> text, Args&&... args) {
  throw E(fmt::format(text, std::forward<Args>(args)...));
}

/// Throws E with the formatted text unless `holds`; the text is formatted only then.
template <class E = ValueError, class... Args>
inline void require(bool holds, fmt::format_string<Args...> text, Args&&... args) {
  if (!holds) [[unlikely]]
    fail<E>(text, std::forward<Args>(args)...);
}

}  // namespace relume
