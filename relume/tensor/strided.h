// Private. Walking over several strided arrays of one shape.
#pragma once

#include <array>
#include <cstdint>

#include "relume/base/shape.h"

namespace relume {

/// The strides with which a tensor of `shape` and `strides` is read as if it had the broadcast shape `target`.
inline Shape broadcast_strides(const Shape& shape, const Shape& strides, const Shape& target) {
  Shape result = target;
  const int offset = target.dimensions() - shape.dimensions();
  for (int i = 0; i < target.dimensions(); ++i)
    result[i] = i < offset || (shape[i - offset] == 1 && target[i] != 1) ? 0 : strides[i - offset];
  return result;
}

/// Calls row(offsets, inner_strides, n) for every innermost run of `shape`, with the element offsets of N arrays.
/// Neighbouring dimensions that all arrays walk as one are joined first, so that contiguous arrays give a single run.
template <std::size_t N, class F>
void for_each_row(const Shape& shape, std::array<Shape, N> strides, F&& row) {
  if (shape.elements() == 0) return;
  Shape sizes;
  std::array<Shape, N> steps;
  for (int i = 0; i < shape.dimensions(); ++i) {
    if (shape[i] == 1) continue;
    bool joins = sizes.dimensions() > 0;
    for (std::size_t k = 0; k < N && joins; ++k) joins = steps[k][-1] == strides[k][i] * shape[i];
    if (joins) {
      sizes[-1] *= shape[i];
      for (std::size_t k = 0; k < N; ++k) steps[k][-1] = strides[k][i];
    } else {
      sizes.push_back(shape[i]);
      for (std::size_t k = 0; k < N; ++k) steps[k].push_back(strides[k][i]);
    }
  }
  const int outer = sizes.dimensions() - 1;
  std::array<std::int64_t, N> offsets{}, inner{};
  if (outer < 0) {
    row(offsets, inner, std::int64_t{1});
    return;
  }
  for (std::size_t k = 0; k < N; ++k) inner[k] = steps[k][-1];
  std::array<std::int64_t, Shape::max_dimensions> index{};
  for (;;) {
    row(offsets, inner, sizes[-1]);
    int d = outer - 1;
    for (; d >= 0; --d) {
      auto& at = index[static_cast<std::size_t>(d)];
      for (std::size_t k = 0; k < N; ++k) offsets[k] += steps[k][d];
      if (++at < sizes[d]) break;
      for (std::size_t k = 0; k < N; ++k) offsets[k] -= steps[k][d] * sizes[d];
      at = 0;
    }
    if (d < 0) return;
  }
}

}  // namespace relume
