#include "relume/tensor/dimension.h"

#include "relume/base/require.h"

namespace relume {

int checked_dimension(const Shape& shape, std::int64_t dimension, const char* operation, int allowed_beyond) {
  const int n = shape.dimensions() + allowed_beyond;
  require<IndexError>(dimension >= -n && dimension < n, "{}: dimension {} is not in {}", operation, dimension, shape);
  return static_cast<int>(dimension < 0 ? dimension + n : dimension);
}

}  // namespace relume
