// Timing a call.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace bench {

/// Nanoseconds a call, the least of five rounds of about two milliseconds.
template <class F>
double nanoseconds(F&& call) {
  using Clock = std::chrono::steady_clock;
  const auto once = [&](std::int64_t count) {
    const auto begin = Clock::now();
    for (std::int64_t i = 0; i < count; ++i) call();
    return std::chrono::duration<double, std::nano>(Clock::now() - begin).count() / static_cast<double>(count);
  };
  const double first = std::max(once(1), once(1));
  const auto count = static_cast<std::int64_t>(std::clamp(2e6 / first, 1.0, 1e5));
  double least = once(count);
  for (int round = 0; round < 4; ++round) least = std::min(least, once(count));
  return least;
}

}  // namespace bench
