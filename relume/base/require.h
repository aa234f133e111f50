// Throwing errors with formatted text. For sources, not for headers that users include: it brings in fmt.
#pragma once

#include <utility>

#include <fmt/core.h>

#include "relume/base/error.h"

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
