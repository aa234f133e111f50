// Private. What the products of panels share: how a panel's sums lie in registers, how they are joined and stored. For
// *.simd.cpp alone, as lane.h.
#pragma once

#include <cstdint>

#include "relume/kernels/lane.h"

namespace relume::kernels {
namespace {

using V = Lane<float>;
using Access = LaneAccess<V>;
constexpr std::int64_t width = V::width;

/// Into how many parts the inputs of a panel of so many lanes are cut.
template <int lanes>
constexpr int parts = 8 / lanes;

/// How many lanes the next panel has, of so many outputs that are left.
constexpr int lanes_for(std::int64_t outputs) { return outputs > 2 * width ? 4 : outputs > width ? 2 : 1; }

/// Where a row of results goes.
struct Row {
  float* y;
  std::int64_t room;  // from the panel's first column on

  template <int lanes>
  void store(const V* v) const {
    for (int l = 0; l < lanes; ++l) {
      const std::int64_t left = room - l * width;
      if (left >= width)
        Access::store(v[l], y + l * width);
      else if (left > 0)
        Access::store_part(v[l], y + l * width, left);
    }
  }
};

/// The sums of `count` parts, neighbours first; each has `lanes` lanes.
template <int count, int lanes>
[[gnu::always_inline]] inline void join(V* v) {
  if constexpr (count > 1) {
#pragma GCC unroll 8  // an index that is not known would put the sums into memory
    for (int i = 0; i < count / 2 * lanes; ++i)
      v[i] = v[2 * (i / lanes) * lanes + i % lanes] + v[(2 * (i / lanes) + 1) * lanes + i % lanes];
    join<count / 2, lanes>(v);
  }
}

std::int64_t panel_columns(std::int64_t outputs) {
  std::int64_t done = 0;
  while (done < outputs) done += lanes_for(outputs - done) * width;
  return done;
}

/// How far a row of results may be written: up to the last panel's end where the stride has room for that.
inline std::int64_t room_for(std::int64_t outputs, std::int64_t y_stride) {
  const std::int64_t end = panel_columns(outputs);
  return y_stride >= end ? end : outputs;
}

}  // namespace
}  // namespace relume::kernels
