// Private. Numbers stored in the other byte order.
#pragma once

#include <algorithm>
#include <cstddef>

namespace relume::data {

/// The unsigned number of sizeof(T) bytes, most significant first.
template <class T>
T load_big_endian(const std::byte* bytes) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(value << 8 | std::to_integer<T>(bytes[i]));
  return value;
}

/// The unsigned number of sizeof(T) bytes, least significant first.
template <class T>
T load_little_endian(const std::byte* bytes) {
  T value = 0;
  for (std::size_t i = sizeof(T); i-- > 0;) value = static_cast<T>(value << 8 | std::to_integer<T>(bytes[i]));
  return value;
}

/// Turns every element of `width` bytes around.
inline void reverse_bytes(std::byte* data, std::size_t bytes, std::size_t width) {
  if (width == 1) return;
  for (std::size_t i = 0; i + width <= bytes; i += width) std::reverse(data + i, data + i + width);
}

}  // namespace relume::data
