// System calls that are counted, and of which one fails, whoever in the process makes it: also the C library, within
// fopen and fclose, whose calls no preloaded function would meet.
#pragma once

#include <atomic>
#include <span>

namespace relume::faults {

struct Counted {
  const char* name;
  long number;  ///< the kernel's
  std::atomic<long> times{0};
};

/// From now on counts. The call of that name and number, from 1, is not made and returns that error; no name: all are
/// made. Aborts where the kernel does not allow it.
void count_calls(const char* name, long number, int error);
void stop_counting_calls();
std::span<const Counted> counted_calls();

}  // namespace relume::faults
