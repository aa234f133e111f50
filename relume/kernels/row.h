// Public. Reductions over a row, for functions whose rows hang together.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "relume/kernels/lane_access.h"
#include "relume/kernels/map.h"

namespace relume::kernels {

/// The largest of x[0 … n), NaN ignored; −∞ for n = 0.
template <class V, class T>
T row_largest(const T* x, std::int64_t n) {
  using Access = LaneAccess<V>;
  V highest = -std::numeric_limits<T>::infinity();
  for (std::int64_t i = 0; i < n; i += Access::width) {
    const bool whole = i + Access::width <= n;
    const V v = whole ? Access::load(x + i) : Access::load_part(x + i, n - i);
    const auto inside = Access::mask(whole ? ~0u : (1u << (n - i)) - 1u);
    highest = select(inside && v > highest, v, highest);
  }
  return largest(highest);
}

/// Σ f(at) over a row of n, where at(p) reads the current elements of the row p.
template <class V, class F>
auto row_sum(std::int64_t n, F f) {
  using Access = LaneAccess<V>;
  V total = 0;
  std::int64_t i = 0;
  for (; i + Access::width <= n; i += Access::width)
    total = total + f([&](const auto* p) { return Access::load(p + i); });
  if (i < n) {
    const V rest = f([&](const auto* p) { return Access::load_part(p + i, n - i); });
    total = total + select(Access::mask((1u << (n - i)) - 1u), rest, V(0));
  }
  return sum(total);
}

}  // namespace relume::kernels
