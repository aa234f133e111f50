// How far the float32 activations lie from double precision: accuracy [STEP [NAME…]] takes every STEP-th bit pattern of
// all finite numbers, on every instruction-set level of the machine, for all activations or those named. Prints JSON.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <mutex>
#include <vector>

#include <fmt/core.h>

#include "relume/activation/entry.h"
#include "relume/base/parallel.h"
#include "relume/kernels/cpu.h"
#include "tests/activation/reference.h"

namespace {

using namespace relume;
using activation::Entry;

constexpr std::int64_t chunk = 4096;
constexpr std::int64_t patterns = std::int64_t{0x7f800000} * 2;  // the finite ones, of both signs

/// The worst of some results.
struct Worst {
  std::int64_t distance = 0;  ///< floats between the result and the correctly rounded one
  double error = 0;           ///< |result − exact| in units of the exact value's last place
  float at = 0;

  void take(const Worst& other) {
    if (other.distance > distance || (other.distance == distance && other.error > error)) *this = other;
  }
};

std::int64_t order(float x) {
  const std::int64_t magnitude = std::bit_cast<std::uint32_t>(std::fabs(x));
  return std::signbit(x) ? -magnitude : magnitude;
}

double unit_in_last_place(float x) {
  const float size = std::fabs(x);
  return static_cast<double>(std::nextafter(size, std::numeric_limits<float>::infinity())) - static_cast<double>(size);
}

Worst judge(float x, float y, double exact) {
  const auto rounded = static_cast<float>(exact);
  if (std::isnan(y) || std::isnan(rounded))
    return std::isnan(y) && std::isnan(rounded) ? Worst{} : Worst{patterns, std::nan(""), x};
  if (std::isinf(rounded)) return {std::abs(order(y) - order(rounded)), 0, x};
  return {std::abs(order(y) - order(rounded)), std::fabs(static_cast<double>(y) - exact) / unit_in_last_place(rounded),
          x};
}

float number(std::int64_t pattern) {
  const auto bits = static_cast<std::uint32_t>(pattern / 2);
  return std::bit_cast<float>(bits | (pattern % 2 ? 0x80000000u : 0u));
}

class Sweep {
 public:
  Sweep(const Entry& entry, std::int64_t step) : entry_(entry), step_(step) {}

  /// One result for each level, lowest first.
  std::vector<Worst> run() {
    const std::int64_t count = (patterns + step_ - 1) / step_;
    worst_.resize(static_cast<std::size_t>(kernels::machine_level()) + 1);
    parallel_for((count + chunk - 1) / chunk, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) run_chunk(i * chunk, std::min(chunk, count - i * chunk));
    });
    return worst_;
  }

 private:
  void run_chunk(std::int64_t first, std::int64_t n) {
    float x[chunk], y[chunk];
    double exact[chunk];
    for (std::int64_t i = 0; i < n; ++i) {
      x[i] = number((first + i) * step_);
      exact[i] = reference_(static_cast<double>(x[i]));
    }
    for (std::size_t level = 0; level < worst_.size(); ++level) {
      entry_.levels[level]->float32.elementwise.forward(x, y, n, nullptr, false);
      Worst worst;
      for (std::int64_t i = 0; i < n; ++i) worst.take(judge(x[i], y[i], exact[i]));
      const std::lock_guard lock(mutex_);
      worst_[level].take(worst);
    }
  }

  const Entry& entry_;
  std::int64_t step_;
  const std::function<double(double)>& reference_ = activation::references<float, double>().at(entry_.info.name);
  std::mutex mutex_;
  std::vector<Worst> worst_;
};

}  // namespace

int main(int count, char** arguments) {
  const std::int64_t step = count > 1 ? std::max(1LL, std::atoll(arguments[1])) : 1;
  const char* separator = "[";
  for (const Entry& entry : activation::table()) {
    if (entry.kind != activation::Kind::elementwise) continue;
    if (count > 2 && std::find(arguments + 2, arguments + count, entry.info.name) == arguments + count) continue;
    const std::vector<Worst> worst = Sweep(entry, step).run();
    for (std::size_t level = 0; level < worst.size(); ++level) {
      fmt::print(
          R"({}{{"name": "{}", "level": "{}", "promised": {}, "distance": {}, "error": {:.4f}, "at": "{:.9g}"}})",
          separator, entry.info.name, kernels::name(static_cast<kernels::Level>(level)), entry.info.max_ulp,
          worst[level].distance, worst[level].error, worst[level].at);
      separator = ", ";
    }
    std::fflush(stdout);
  }
  fmt::print("]\n");
}
