// Private. Many random bits at once, the same as base/rng.h gives one by one.
#pragma once

#include <cstdint>

namespace relume::kernels {

/// out[4 i … 4 i + 3] = philox(seed, first + i, stream) for i = 0 … blocks − 1.
void philox_blocks(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::uint32_t* out,
                   std::int64_t blocks);

/// keep[i] = scale where the i-th 32 random bits are at least `threshold`, else 0. T is float or double.
template <class T>
void keep_mask(const std::uint32_t* bits, std::uint32_t threshold, T scale, T* keep, std::int64_t n);

}  // namespace relume::kernels
