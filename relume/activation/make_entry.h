// Public. From the struct of an activation to its Entry: for the table, and for users' own.
#pragma once

#include <array>
#include <limits>

#include "relume/activation/entry.h"
#include "relume/activation/loops.h"

namespace relume::activation {

/// Elementwise formulas in double precision.
template <class S>
struct [[gnu::visibility("hidden")]] ScalarFunctions {
  using V = kernels::Plain<double>;

  static double value(double x, const double* parameters) { return with_parameters<S>(parameters).forward(V(x)); }

  static double derivative(double x, const double* parameters) {
    const S s = with_parameters<S>(parameters);
    if constexpr (S::saves == Saves::mask) {
      return s.backward(s.fires(V(x)), V(1));
    } else if constexpr (S::saves == Saves::output) {
      return s.derivative(s.forward(V(x)));
    } else {
      return s.derivative(V(x));
    }
  }
};

/// The same formulas on integers.
template <class S>
void integer_forward(DType dtype, const void* x, void* y, std::int64_t n, const double* parameters) {
  visit(dtype, [&]<class T>() {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>)
      ElementwiseLoops<S, kernels::Plain<T>>::forward(x, y, n, parameters, false);
  });
}

template <class S>
constexpr auto parameters_of() {
  std::array<Param, parameter_count<S>> parameters{};
  std::size_t i = 0;
  const S s{};
  for_each_parameter(s, [&](const Param& p) { parameters[i++] = p; });
  return parameters;
}

/// The entry of S with the loops of three levels, which may be the same. One that is not whole has no functions of
/// single numbers.
template <class S, bool is_whole = true>
Entry make_entry_with(const LevelLoops* baseline, const LevelLoops* avx2, const LevelLoops* avx512) {
  static constexpr auto parameters = parameters_of<S>();
  Entry entry{.info = S::info,
              .kind = kind_of<S>,
              .saves = Saves::input,
              .parameters = parameters,
              .levels = {baseline, avx2, avx512}};
  if constexpr (kind_of<S> == Kind::elementwise) {
    entry.saves = S::saves;
    entry.random_slope = requires { S::random_slope; };
    if constexpr (is_whole) {
      entry.scalar_value = ScalarFunctions<S>::value;
      entry.scalar_derivative = ScalarFunctions<S>::derivative;
    }
    if constexpr (is_whole && requires { S::integers; }) {
      entry.integers = true;
      entry.integer_forward = integer_forward<S>;
    }
  } else if constexpr (kind_of<S> == Kind::rows) {
    entry.saves = Saves::output;
  } else if constexpr (kind_of<S> == Kind::gated) {
    entry.wraps = S::Gate::info.name;
  } else if constexpr (kind_of<S> == Kind::concatenated) {
    entry.wraps = S::BothSigns::info.name;
  }
  return entry;
}

/// The entry of a user's own elementwise activation, with loops over plain numbers as this translation unit is
/// compiled:
///
///   struct Cube {
///     static constexpr relume::activation::Info info{.name = "cube", .module = "Cube", .formula = "x^3"};
///     template <class V> V forward(V x) const { return x * x * x; }
///     static constexpr auto saves = relume::activation::Saves::input;
///     template <class V> V derivative(V x) const { return V(3) * x * x; }
///   };
///   static const relume::activation::Entry cube = relume::activation::make_entry<Cube>();
template <class S>
requires(kind_of<S> == Kind::elementwise) Entry make_entry() {
  static constexpr LevelLoops loops{loops_of<S, kernels::Plain<float>>(), loops_of<S, kernels::Plain<double>>()};
  return make_entry_with<S>(&loops, &loops, &loops);
}

}  // namespace relume::activation
