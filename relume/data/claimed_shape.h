// Private. Shapes that a file's header claims.
#pragma once

#include <cstddef>

#include "relume/base/shape.h"

namespace relume::data {

/// Whether the shape has no more than `most` elements, where their number itself could overflow. No size is below 1.
inline bool fits(const Shape& shape, std::size_t most) {
  for (const std::int64_t size : shape) most /= static_cast<std::size_t>(size);
  return most > 0;
}

}  // namespace relume::data
