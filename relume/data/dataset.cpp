#include "relume/data/dataset.h"

#include <array>
#include <cmath>

#include "relume/base/require.h"

namespace relume::data {
namespace {

struct Sums {
  double mean = 0, variance = 0;
};

/// From how often each of the 256 values occurs: exact, in one pass.
Sums sums_of_bytes(const std::uint8_t* data, std::int64_t width, std::span<const std::int64_t> rows) {
  std::array<std::int64_t, 256> counts{};
  for (const std::int64_t row : rows)
    for (std::int64_t i = 0; i < width; ++i) ++counts[data[row * width + i]];
  const double n = static_cast<double>(width) * static_cast<double>(rows.size());
  Sums sums;
  for (std::size_t v = 0; v < 256; ++v) sums.mean += static_cast<double>(v) * static_cast<double>(counts[v]) / n;
  for (std::size_t v = 0; v < 256; ++v) {
    const double centered = static_cast<double>(v) - sums.mean;
    sums.variance += centered * centered * static_cast<double>(counts[v]) / n;
  }
  return sums;
}

Sums sums_of_floats(const float* data, std::int64_t width, std::span<const std::int64_t> rows) {
  const double n = static_cast<double>(width) * static_cast<double>(rows.size());
  Sums sums;
  for (const std::int64_t row : rows)
    for (std::int64_t i = 0; i < width; ++i) sums.mean += static_cast<double>(data[row * width + i]);
  sums.mean /= n;
  for (const std::int64_t row : rows)
    for (std::int64_t i = 0; i < width; ++i) {
      const double centered = static_cast<double>(data[row * width + i]) - sums.mean;
      sums.variance += centered * centered;
    }
  sums.variance /= n;
  return sums;
}

}  // namespace

InputScale fit_input_scale(const Tensor& features, std::span<const std::int64_t> rows) {
  require<DTypeError>(features.dtype() == uint8 || features.dtype() == float32,
                      "fit_input_scale: features are {}; give uint8 or float32", name(features.dtype()));
  if (rows.empty() || features.elements() == 0) return {};
  const std::int64_t width = features.elements() / features.size(0);
  const Tensor dense = features.contiguous();
  const Sums sums = features.dtype() == uint8 ? sums_of_bytes(dense.data<std::uint8_t>(), width, rows)
                                              : sums_of_floats(dense.data<float>(), width, rows);
  const double scale = sums.variance > 0 ? 1 / std::sqrt(sums.variance) : 1;
  return {static_cast<float>(scale), static_cast<float>(-sums.mean * scale)};
}

}  // namespace relume::data
