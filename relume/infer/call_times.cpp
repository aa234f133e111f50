// Compiled for size.
#include "relume/infer/call_times.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

#include "relume/base/require.h"
#include "relume/base/rng.h"

namespace relume::infer {
namespace {

using Clock = std::chrono::steady_clock;

double nanoseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::nano>(Clock::now() - begin).count();
}

double share(std::vector<double>& taken, double of) {
  const auto at = taken.begin() + static_cast<std::ptrdiff_t>(of * static_cast<double>(taken.size() - 1));
  std::nth_element(taken.begin(), at, taken.end());
  return *at;
}

}  // namespace

CallTimes call_times(const Predictor& predictor, std::span<const float> rows, double seconds) {
  constexpr double at_a_time = 1000, most_samples = 4e6;
  const std::int64_t count = std::ssize(rows) / predictor.inputs();
  require<ShapeError>(count > 0, "call_times: {} numbers are no row of {}", rows.size(), predictor.inputs());
  std::vector<float> out(static_cast<std::size_t>(count * predictor.outputs()));
  const auto timed = [&](std::int64_t calls) {
    const auto begin = Clock::now();
    for (std::int64_t i = 0; i < calls; ++i) predictor.predict(rows, out);
    return nanoseconds_since(begin) / static_cast<double>(calls);
  };
  for (const auto begin = Clock::now(); nanoseconds_since(begin) < 1e8 * std::min(seconds, 1.0);) timed(1);
  const auto group = std::max<std::int64_t>(1, static_cast<std::int64_t>(at_a_time / timed(100)));
  std::vector<double> taken;
  double total = 0;
  for (const auto begin = Clock::now();
       taken.empty() || (nanoseconds_since(begin) < seconds * 1e9 && static_cast<double>(taken.size()) < most_samples);)
    total += taken.emplace_back(timed(group));
  CallTimes times{.calls = std::ssize(taken) * group};
  times.mean = total / static_cast<double>(taken.size());
  times.rows_per_second = static_cast<double>(count) * 1e9 / times.mean;
  times.p50 = share(taken, 0.5);
  times.p999 = share(taken, 0.999);
  return times;
}

std::vector<float> chance_rows(const Predictor& predictor, std::int64_t count) {
  Rng rng(1);
  const auto columns = predictor.columns();
  std::vector<float> rows(static_cast<std::size_t>(count * predictor.inputs()));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t categories = columns.empty() ? 0 : columns[i % columns.size()].categories.size();
    rows[i] =
        static_cast<float>(categories > 0 ? std::floor(rng.uniform() * static_cast<double>(categories)) : rng.normal());
  }
  return rows;
}

}  // namespace relume::infer
