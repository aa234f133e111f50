// Public. The loops that elementwise functions run in: the remainder, the alignment and the bits of masks are handled
// here, once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "relume/kernels/lane_access.h"

namespace relume::kernels {

/// y[i] = f(x[i]) for n ≥ 0 elements at any alignment; V is the lane that f takes. y may be x.
/// stream: write past the caches, for arrays that do not fit into them.
template <class V, class T, class F>
void map(const T* x, T* y, std::int64_t n, bool stream, F f) {
  using Access = LaneAccess<V>;
  constexpr std::int64_t width = Access::width;
  std::int64_t i = 0;
  if (Access::can_stream && stream && n >= 2 * width) {
    constexpr auto bytes = static_cast<std::uintptr_t>(width) * sizeof(T);
    const std::uintptr_t over = reinterpret_cast<std::uintptr_t>(y) % bytes;
    if (over % sizeof(T) == 0) {
      if (over != 0) {
        i = static_cast<std::int64_t>((bytes - over) / sizeof(T));
        Access::store_part(f(Access::load_part(x, i)), y, i);
      }
      for (; i + width <= n; i += width) Access::stream(f(Access::load(x + i)), y + i);
      Access::finish_stream();
    }
  }
  for (; i + 2 * width <= n; i += 2 * width) {
    const V first = f(Access::load(x + i)), second = f(Access::load(x + i + width));
    Access::store(first, y + i);
    Access::store(second, y + i + width);
  }
  for (; i + width <= n; i += width) Access::store(f(Access::load(x + i)), y + i);
  if (i < n) Access::store_part(f(Access::load_part(x + i, n - i)), y + i, n - i);
}

/// Reads `part` elements, a whole lane or the end of an array.
template <class V, class T>
V load_some(const T* p, std::int64_t part) {
  return part == LaneAccess<V>::width ? LaneAccess<V>::load(p) : LaneAccess<V>::load_part(p, part);
}

/// Writes `part` elements, likewise.
template <class V, class T>
void store_some(V v, T* p, std::int64_t part) {
  if (part == LaneAccess<V>::width)
    LaneAccess<V>::store(v, p);
  else
    LaneAccess<V>::store_part(v, p, part);
}

/// The same with one call of f, for long formulas of which one copy has to do.
template <class V, class T, class F>
void map_in_one_loop(const T* x, T* y, std::int64_t n, F f) {
  constexpr std::int64_t width = LaneAccess<V>::width;
  for (std::int64_t i = 0; i < n; i += width) {
    const std::int64_t part = std::min(width, n - i);
    store_some(f(load_some<V>(x + i, part)), y + i, part);
  }
}

/// Elements that masks are read and written by: whole bytes and whole lanes.
template <class V>
inline constexpr std::int64_t mask_group = std::max<std::int64_t>(LaneAccess<V>::width, 8);

/// y[i] = f(v) and bit i of the mask = fires(v) with v = read(i, count), a lane of `count` elements from i on; count is
/// the lane's width but at the end. The last byte's unused bits are 0.
template <class V, class T, class Read, class F, class Fires>
void map_with_mask_from(T* y, std::uint8_t* mask, std::int64_t n, Read read, F f, Fires fires) {
  using Access = LaneAccess<V>;
  constexpr std::int64_t width = Access::width, group = mask_group<V>;
  std::int64_t i = 0;
  for (; i + group <= n; i += group) {
    std::uint32_t bits = 0;
    for (std::int64_t j = 0; j < group; j += width) {
      const V v = read(i + j, width);
      bits |= Access::bits(fires(v)) << j;
      Access::store(f(v), y + i + j);
    }
    std::memcpy(mask + i / 8, &bits, group / 8);
  }
  const std::int64_t rest = n - i;
  if (rest == 0) return;
  std::uint32_t bits = 0;
  for (std::int64_t j = 0; j < rest; j += width) {
    const std::int64_t part = std::min(width, rest - j);
    const V v = read(i + j, part);
    bits |= Access::bits(fires(v)) << j;
    Access::store_part(f(v), y + i + j, part);
  }
  bits &= (1u << rest) - 1u;
  std::memcpy(mask + i / 8, &bits, static_cast<std::size_t>((rest + 7) / 8));
}

/// y[i] = f(x[i]), bit i of the mask = fires(x[i]).
template <class V, class T, class F, class Fires>
void map_with_mask(const T* x, T* y, std::uint8_t* mask, std::int64_t n, F f, Fires fires) {
  map_with_mask_from<V>(
      y, mask, n, [&](std::int64_t i, std::int64_t part) { return load_some<V>(x + i, part); }, f, fires);
}

/// y[i] = f(x[i] + bias[i]), bit i of the mask = fires(x[i] + bias[i]).
template <class V, class T, class F, class Fires>
void map_with_mask(const T* x, const T* bias, T* y, std::uint8_t* mask, std::int64_t n, F f, Fires fires) {
  const auto read = [&](std::int64_t i, std::int64_t part) {
    return load_some<V>(x + i, part) + load_some<V>(bias + i, part);
  };
  map_with_mask_from<V>(y, mask, n, read, f, fires);
}

/// Bits i … i + part − 1 of a mask, for a lane that begins at a multiple of its width.
template <class V>
auto mask_at(const std::uint8_t* mask, std::int64_t i, std::int64_t part) {
  std::uint32_t bits = 0;
  constexpr std::int64_t width = LaneAccess<V>::width;
  if constexpr (width < 8)
    bits = static_cast<std::uint32_t>(mask[i / 8] >> (i % 8));
  else if (part == width)
    std::memcpy(&bits, mask + i / 8, width / 8);
  else
    for (std::int64_t byte = 0; byte < width / 8 && byte * 8 < part; ++byte)
      bits |= static_cast<std::uint32_t>(mask[i / 8 + byte]) << (byte * 8);
  return LaneAccess<V>::mask(bits);
}

/// z[i] = f(x[i], y[i]). z may be x or y.
template <class V, class T, class F>
void map(const T* x, const T* y, T* z, std::int64_t n, F f) {
  using Access = LaneAccess<V>;
  constexpr std::int64_t width = Access::width;
  std::int64_t i = 0;
  for (; i + width <= n; i += width) Access::store(f(Access::load(x + i), Access::load(y + i)), z + i);
  if (i < n) Access::store_part(f(Access::load_part(x + i, n - i), Access::load_part(y + i, n - i)), z + i, n - i);
}

/// z = x + y. z may be x or y.
template <class V, class T>
[[gnu::noinline]] void add(const T* x, const T* y, T* z, std::int64_t n) {
  map<V>(x, y, z, n, [](V a, V b) { return a + b; });
}

}  // namespace relume::kernels
