// Private. Rows from here and there in a matrix, copied one below the other.
#pragma once

#include <cstdint>

namespace relume::kernels {

/// out[i, j] = all[rows[i], j] · scale + shift for i = 0 … count − 1, j = 0 … width − 1; floats are copied as they
/// are where scale is 1 and shift 0. T is std::uint8_t or float.
template <class T>
void gather(const T* all, std::int64_t width, const std::int64_t* rows, std::int64_t count, float scale, float shift,
            float* out);

}  // namespace relume::kernels
