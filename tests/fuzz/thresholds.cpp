// Any text sets a threshold to a number that is not below zero, or is an error of ours.
#include "relume/health/thresholds.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "relume/base/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  relume::health::Thresholds thresholds;
  try {
    relume::health::set_threshold(thresholds, {reinterpret_cast<const char*>(data), size});
  } catch (const relume::Error&) {
  }
  for (const auto& threshold : relume::health::named_thresholds(thresholds))
    if (!std::isfinite(threshold.value) || threshold.value < 0) std::abort();
  return 0;
}
