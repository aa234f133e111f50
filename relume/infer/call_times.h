// Public. How long a Predictor's calls take on this machine.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "relume/infer/predictor.h"

namespace relume::infer {

/// Of one call, in nanoseconds.
struct CallTimes {
  double p50 = 0;   ///< half of the calls take no longer
  double p999 = 0;  ///< 999 of 1000 take no longer
  double mean = 0;
  double rows_per_second = 0;
  std::int64_t calls = 0;  ///< that were timed
};

/// Times calls of predict() with all of these rows, on this thread, for about so many seconds. Calls of less than a
/// microsecond are timed some at a time, up to about a microsecond of them, and shared out among them: asking for the
/// time takes some 20 nanoseconds. Throws ShapeError where they are no whole rows.
CallTimes call_times(const Predictor& predictor, std::span<const float> rows, double seconds);

/// Rows that it takes, of chance: normal numbers, any category of a text.
std::vector<float> chance_rows(const Predictor& predictor, std::int64_t count);

}  // namespace relume::infer
