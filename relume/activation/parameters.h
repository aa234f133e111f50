// Public. The parameters of an activation, and reaching those of a struct one after the other.
#pragma once

#include <concepts>
#include <cstddef>
#include <limits>
#include <string_view>
#include <type_traits>

namespace relume::activation {

inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// The values that a parameter may have: min ≤ value ≤ max, or min < value where `above_min`.
struct Range {
  double min = -infinity;
  double max = infinity;
  bool above_min = false;

  constexpr bool holds(double value) const { return (above_min ? value > min : value >= min) && value <= max; }
};

/// A parameter of an activation: its name, its value (at first the default) and its range. Formulas use it as a number.
struct Param {
  std::string_view name;
  double value = 0;
  Range range{};

  constexpr operator double() const { return value; }
  /// In a formula on integers: cut to a whole number, and to the nearest that T has.
  template <std::integral T>
  explicit constexpr operator T() const {
    constexpr auto low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
    if (value >= static_cast<double>(high)) return high;
    return value > static_cast<double>(low) ? static_cast<T>(value) : low;
  }
};

/// How many parameters S has: its members are nothing else.
template <class S>
inline constexpr std::size_t parameter_count = std::is_empty_v<S> ? 0 : sizeof(S) / sizeof(Param);

/// Calls f on each parameter.
template <class S, class F>
constexpr void for_each_parameter(S& s, F f) {
  static_assert(parameter_count<std::remove_const_t<S>> <= 4, "an activation has at most four parameters");
  if constexpr (parameter_count<std::remove_const_t<S>> == 1) {
    auto& [a] = s;
    f(a);
  } else if constexpr (parameter_count<std::remove_const_t<S>> == 2) {
    auto& [a, b] = s;
    f(a), f(b);
  } else if constexpr (parameter_count<std::remove_const_t<S>> == 3) {
    auto& [a, b, c] = s;
    f(a), f(b), f(c);
  } else if constexpr (parameter_count<std::remove_const_t<S>> == 4) {
    auto& [a, b, c, d] = s;
    f(a), f(b), f(c), f(d);
  }
}

/// The activation with those values of its parameters; null gives the defaults.
template <class S>
constexpr S with_parameters(const double* parameters) {
  S s{};
  if (parameters) for_each_parameter(s, [&](auto& p) { p.value = *parameters++; });
  return s;
}

/// The activation with its first parameters set and the others at their defaults.
template <class S, class... Values>
constexpr S with_first_parameters(Values... values) {
  static_assert(sizeof...(Values) <= parameter_count<S>, "the activation has fewer parameters");
  const double given[sizeof...(Values) + 1] = {static_cast<double>(values)...};
  S s{};
  std::size_t i = 0;
  for_each_parameter(s, [&](auto& p) {
    if (i < sizeof...(Values)) p.value = given[i];
    ++i;
  });
  return s;
}

}  // namespace relume::activation
