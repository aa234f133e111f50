// Private. How often each column of a bit matrix is set.
#pragma once

#include <cstdint>

namespace relume::kernels {

/// counts[j] += the rows in which bit j % 8 of byte j / 8 is set. `stride` is in bytes, at least (columns + 7) / 8.
void count_bits(const std::uint8_t* bits, std::int64_t rows, std::int64_t stride, std::int64_t columns,
                std::int64_t* counts);

}  // namespace relume::kernels
