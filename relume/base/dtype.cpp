#include "relume/base/dtype.h"

#include <iterator>

#include "relume/base/require.h"

namespace relume {

DType dtype_from_name(std::string_view wanted) {
  for (std::size_t i = 0; i < std::size(dtype_names); ++i)
    if (dtype_names[i] == wanted) return static_cast<DType>(i);
  fail("dtype: \"{}\" is not one of float32, float64, float16, bfloat16, int8, int16, int32, int64, uint8, bool",
       wanted);
}

DType promote(DType a, DType b) {
  if (a == b) return a;
  if (a == DType::bool_) return b;
  if (b == DType::bool_) return a;
  if (is_floating(a) != is_floating(b)) return is_floating(a) ? a : b;
  if (is_floating(a)) {
    if (size_of(a) == size_of(b)) return DType::float32;  // float16 with bfloat16
    return size_of(a) > size_of(b) ? a : b;
  }
  if (a == DType::uint8 || b == DType::uint8) {
    const DType other = a == DType::uint8 ? b : a;
    return other == DType::int8 ? DType::int16 : other;
  }
  return size_of(a) > size_of(b) ? a : b;
}

}  // namespace relume
