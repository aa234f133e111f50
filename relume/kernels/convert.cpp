// Compiled for size.
// Conversion from any dtype to any other goes through one of three types in two steps, so that there are 40 small loops
// and not a hundred: from → double, int64 or (where that is wanted) float32 → to.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "relume/kernels/elementwise.h"

namespace relume::kernels {
namespace {

constexpr std::int64_t chunk = 512;

template <class To, class From>
To convert_one(From value) {
  if constexpr (std::is_same_v<To, From>)
    return value;
  else if constexpr (std::is_class_v<From>)
    return convert_one<To>(static_cast<float>(value));
  else if constexpr (std::is_class_v<To>)
    return To(static_cast<float>(value));
  else if constexpr (std::is_same_v<To, bool>)
    return value != From{};
  else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>)
    // Out of range is undefined in C++: go through 64 bits and clamp there.
    return static_cast<To>(value != value           ? 0
                           : value >= From(9.2e18)  ? INT64_MAX
                           : value <= From(-9.2e18) ? INT64_MIN
                                                    : static_cast<std::int64_t>(value));
  else
    return static_cast<To>(value);
}

template <class To, class From>
void convert_run(const From* x, std::int64_t stride_x, To* y, std::int64_t stride_y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) y[i * stride_y] = convert_one<To>(x[i * stride_x]);
}

/// y[i] = x[i·stride_x] for a Wide that holds all that `from` does, or is the type that is wanted.
template <class Wide>
void widen(DType from, const void* x, std::int64_t stride_x, Wide* y, std::int64_t n) {
  visit(from, [&]<class From>() {
    constexpr bool floating = is_floating(dtype_v<From>);
    if constexpr (std::is_same_v<Wide, float> || floating == std::is_same_v<Wide, double>)
      convert_run(static_cast<const From*>(x), stride_x, y, 1, n);
  });
}

template <class Wide>
void narrow(const Wide* x, DType to, void* y, std::int64_t stride_y, std::int64_t n) {
  visit(to, [&]<class To>() { convert_run(x, 1, static_cast<To*>(y), stride_y, n); });
}

template <class Wide>
void convert_through(DType from, const void* x, std::int64_t stride_x, DType to, void* y, std::int64_t stride_y,
                     std::int64_t n) {
  if (to == dtype_v<Wide> && stride_y == 1) return widen(from, x, stride_x, static_cast<Wide*>(y), n);
  Wide buffer[chunk];
  const auto step_x = stride_x * static_cast<std::int64_t>(size_of(from));
  const auto step_y = stride_y * static_cast<std::int64_t>(size_of(to));
  for (std::int64_t i = 0; i < n; i += chunk) {
    const std::int64_t count = std::min(chunk, n - i);
    widen(from, static_cast<const std::byte*>(x) + i * step_x, stride_x, buffer, count);
    narrow(buffer, to, static_cast<std::byte*>(y) + i * step_y, stride_y, count);
  }
}

/// Calls `f.template operator()<size>()` with the dtype's size: what is only moved needs to know no more.
template <class F>
void visit_size(DType dtype, F f) {
  switch (size_of(dtype)) {
    case 8: return f.template operator()<8>();
    case 4: return f.template operator()<4>();
    case 2: return f.template operator()<2>();
    default: return f.template operator()<1>();
  }
}

}  // namespace

void convert(DType from, const void* x, std::int64_t stride_x, DType to, void* y, std::int64_t stride_y,
             std::int64_t n) {
  if (from == to && stride_x == 1 && stride_y == 1) {
    std::memcpy(y, x, static_cast<std::size_t>(n) * size_of(from));
  } else if (from == to) {
    visit_size(from, [&]<std::int64_t size>() {
      const auto* source = static_cast<const std::byte*>(x);
      auto* target = static_cast<std::byte*>(y);
      for (std::int64_t i = 0; i < n; ++i)
        std::memcpy(target + i * stride_y * size, source + i * stride_x * size, size);
    });
  } else if (to == DType::float32 && stride_y == 1) {
    widen(from, x, stride_x, static_cast<float*>(y), n);
  } else if (is_floating(from)) {
    convert_through<double>(from, x, stride_x, to, y, stride_y, n);
  } else {
    convert_through<std::int64_t>(from, x, stride_x, to, y, stride_y, n);
  }
}

void where(DType dtype, const bool* c, std::int64_t stride_c, const void* a, std::int64_t stride_a, const void* b,
           std::int64_t stride_b, void* y, std::int64_t n) {
  visit_size(dtype, [&]<std::int64_t size>() {
    const auto* left = static_cast<const std::byte*>(a);
    const auto* right = static_cast<const std::byte*>(b);
    auto* result = static_cast<std::byte*>(y);
    for (std::int64_t i = 0; i < n; ++i)
      std::memcpy(result + i * size, c[i * stride_c] ? left + i * stride_a * size : right + i * stride_b * size, size);
  });
}

}  // namespace relume::kernels
