// Public. The element types of tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "relume/base/half.h"

namespace relume {

enum class DType : std::uint8_t { float32, float64, float16, bfloat16, int8, int16, int32, int64, uint8, bool_ };

using enum DType;

/// Bytes of one element.
constexpr std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::float64:
    case DType::int64: return 8;
    case DType::float32:
    case DType::int32: return 4;
    case DType::float16:
    case DType::bfloat16:
    case DType::int16: return 2;
    default: return 1;
  }
}

/// float16, bfloat16, float32 and float64.
constexpr bool is_floating(DType dtype) { return dtype <= DType::bfloat16; }
constexpr bool is_integral(DType dtype) { return !is_floating(dtype) && dtype != DType::bool_; }

/// In the order of DType.
inline constexpr std::string_view dtype_names[] = {"float32", "float64", "float16", "bfloat16", "int8",
                                                   "int16",   "int32",   "int64",   "uint8",    "bool"};

/// PyTorch's name without "torch.": "float32", "bool".
constexpr std::string_view name(DType dtype) { return dtype_names[static_cast<std::size_t>(dtype)]; }

/// The dtype of that name. Throws ValueError on an unknown one.
DType dtype_from_name(std::string_view name);

/// The dtype that holds the results of an operation on both, as torch.promote_types gives it.
DType promote(DType a, DType b);

template <class T>
struct dtype_of;
template <>
struct dtype_of<float> {
  static constexpr DType value = DType::float32;
};
template <>
struct dtype_of<double> {
  static constexpr DType value = DType::float64;
};
template <>
struct dtype_of<Half> {
  static constexpr DType value = DType::float16;
};
template <>
struct dtype_of<BFloat16> {
  static constexpr DType value = DType::bfloat16;
};
template <>
struct dtype_of<std::int8_t> {
  static constexpr DType value = DType::int8;
};
template <>
struct dtype_of<std::int16_t> {
  static constexpr DType value = DType::int16;
};
template <>
struct dtype_of<std::int32_t> {
  static constexpr DType value = DType::int32;
};
template <>
struct dtype_of<std::int64_t> {
  static constexpr DType value = DType::int64;
};
template <>
struct dtype_of<std::uint8_t> {
  static constexpr DType value = DType::uint8;
};
template <>
struct dtype_of<bool> {
  static constexpr DType value = DType::bool_;
};

/// The DType of a C++ type: dtype_v<float> is float32.
template <class T>
inline constexpr DType dtype_v = dtype_of<T>::value;

/// Calls `f.template operator()<T>()` with the C++ type of the dtype: `visit(dtype, [&]<class T>() { … })`.
template <class F>
decltype(auto) visit(DType dtype, F&& f) {
  switch (dtype) {
    case DType::float64: return f.template operator()<double>();
    case DType::float16: return f.template operator()<Half>();
    case DType::bfloat16: return f.template operator()<BFloat16>();
    case DType::int8: return f.template operator()<std::int8_t>();
    case DType::int16: return f.template operator()<std::int16_t>();
    case DType::int32: return f.template operator()<std::int32_t>();
    case DType::int64: return f.template operator()<std::int64_t>();
    case DType::uint8: return f.template operator()<std::uint8_t>();
    case DType::bool_: return f.template operator()<bool>();
    default: return f.template operator()<float>();
  }
}

/// The same for float32 and float64 alone. `fallback` is called for every other dtype; it throws.
template <class F, class Fallback>
decltype(auto) visit_float(DType dtype, F&& f, Fallback&& fallback) {
  if (dtype == DType::float32) return f.template operator()<float>();
  if (dtype != DType::float64) fallback();
  return f.template operator()<double>();
}

}  // namespace relume
