// Private. What goes to stderr. It is not the result: where it cannot be written the program goes on.
#pragma once

#include <string_view>

#include <fmt/core.h>

#include "apps/relume/print.h"

namespace relume::app {

/// As it is, without a line's end, and out at once.
void put_on_stderr(std::string_view text) noexcept;

/// One line, with visible texts.
template <class... T>
void say(fmt::format_string<T...> format, T&&... values) {
  put_on_stderr(fmt::vformat(format, fmt::make_format_args(shown(values)...)) + "\n");
}

/// Gives the standard streams that the program was started without a place in which nothing arrives, so that no file
/// is opened in theirs: what is written to stdout is then an error, and to stderr is not missed.
void fill_standard_streams();

}  // namespace relume::app
