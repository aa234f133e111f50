// Private. What a subcommand needs of the program around it.
#pragma once

#include <atomic>

#include "apps/relume/options.h"

namespace relume::app {

/// Becomes true at the first Ctrl-C (or SIGTERM) once catch_interrupts() was called; the second one kills.
extern std::atomic<bool> interrupted;
void catch_interrupts();

/// Thrown to end with an exit status when everything has been said.
struct Exit {
  int status;
};

inline constexpr int exit_failed = 1;
inline constexpr int exit_bad_input = 2;
inline constexpr int exit_interrupted = 130;

}  // namespace relume::app
