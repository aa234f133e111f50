#include "relume/data/dataset.h"

#include <array>
#include <cmath>

#include "relume/base/require.h"

namespace relume::data {
namespace {

struct Sums {
  double mean = 0, variance = 0;
};

/// Of whole numbers, so exact in one pass.
Sums sums_of_bytes(const std::uint8_t* data, std::int64_t width, std::span<const std::int64_t> rows) {
  std::uint64_t sum = 0, squares = 0;
  for (const std::int64_t row : rows)
    for (std::int64_t i = 0; i < width; ++i) {
      const std::uint32_t v = data[row * width + i];
      sum += v;
      squares += v * v;
    }
  const double n = static_cast<double>(width) * static_cast<double>(rows.size());
  const double mean = static_cast<double>(sum) / n;
  return {mean, static_cast<double>(squares) / n - mean * mean};
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
