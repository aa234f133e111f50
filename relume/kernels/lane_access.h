// Public. What a loop must know of the V that it calls formulas with: how to read, write and make masks of it.
#pragma once

#include <cstdint>
#include <type_traits>

namespace relume::kernels {

/// For a SIMD lane this is specialised in lane.h. This is the one for plain numbers: lanes of one element.
template <class V>
struct LaneAccess {
  using element = V;
  static constexpr std::int64_t width = 1;
  static constexpr bool can_stream = false;

  static V load(const V* p) { return *p; }
  static void store(V v, V* p) { *p = v; }
  static void stream(V v, V* p) { *p = v; }
  static void finish_stream() {}
  static V load_part(const V* p, std::int64_t) { return *p; }
  static void store_part(V v, V* p, std::int64_t) { *p = v; }
  static std::uint32_t bits(bool mask) { return mask; }
  static bool mask(std::uint32_t bits) { return bits & 1u; }
};

}  // namespace relume::kernels
