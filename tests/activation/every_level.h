// What the tests of activations share: each instruction-set level, each elementwise activation, numbers to try.
#pragma once

#include <cstdint>
#include <vector>

#include "relume/activation/entry.h"
#include "relume/base/rng.h"
#include "relume/kernels/cpu.h"

namespace relume::activation {

/// Calls f once with each level in use that this machine has.
template <class F>
void on_every_level(F f) {
  using kernels::Level;
  for (const Level level : {Level::baseline, Level::avx2, Level::avx512}) {
    if (level > kernels::machine_level()) break;
    kernels::force_level(level);
    f(level);
  }
  kernels::force_level(kernels::machine_level());
}

/// Calls f with each elementwise activation of the table.
template <class F>
void for_each_elementwise(F f) {
  for (const Entry& entry : table())
    if (entry.kind == Kind::elementwise) f(entry);
}

/// Numbers in [−8, 8).
template <class T>
std::vector<T> random_numbers(std::uint64_t seed, std::int64_t n) {
  Rng rng(seed);
  std::vector<T> numbers(static_cast<std::size_t>(n));
  for (T& x : numbers) x = static_cast<T>(rng.uniform() * 16 - 8);
  return numbers;
}

inline bool bit(const std::vector<std::uint8_t>& mask, std::int64_t i) {
  return mask[static_cast<std::size_t>(i / 8)] >> (i % 8) & 1;
}

}  // namespace relume::activation
