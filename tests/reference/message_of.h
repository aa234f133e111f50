// The text of an error, for tests of what it says.
#pragma once

#include <string>

namespace relume {

/// What E that f() throws says, or "nothing was thrown".
template <class E, class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace relume
