// Private. A dimension as a user names it, counted from the end where negative.
#pragma once

#include "relume/base/shape.h"

namespace relume {

/// The dimension meant, counted from 0. Throws IndexError for one that `shape` has not; `allowed_beyond` 1 takes the
/// place after the last one too.
int checked_dimension(const Shape& shape, std::int64_t dimension, const char* operation, int allowed_beyond = 0);

}  // namespace relume
