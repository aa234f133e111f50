// Public. A plain number as a lane of one element, for formulas that stand outside of relume's namespaces.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "relume/kernels/lane_access.h"
#include "relume/kernels/scalar_math.h"

namespace relume::kernels {

/// A number of a class of its own, so that select(x > 0, x, alpha * expm1(x)) finds this namespace's functions by their
/// arguments wherever it stands: for a double it would find POSIX's select() and nothing else. It converts to T, so
/// that std::sin and its kin take it.
template <Number T>
class Plain {
 public:
  using element = T;

  constexpr Plain() = default;
  /// Of a number, or of what converts to one as parameters do.
  template <class Value>
  requires std::is_convertible_v<Value, double>
  constexpr Plain(const Value& value) : value_(static_cast<T>(value)) {}  // NOLINT: as numbers convert

  constexpr operator T() const { return value_; }  // NOLINT: as numbers convert

 private:
  T value_ = 0;
};

template <class X>
inline constexpr bool is_plain = false;
template <class T>
inline constexpr bool is_plain<Plain<T>> = true;

/// Two operands, one of them a Plain, the other the same or what converts to a number.
template <class A, class B>
concept PlainPair = (is_plain<A> && (std::same_as<A, B> || (!is_plain<B> && std::convertible_to<B, double>))) ||
                    (is_plain<B> && !is_plain<A> && std::convertible_to<A, double>);

/// What both are taken for, and the number in it.
template <class A, class B>
using PlainOf = std::conditional_t<is_plain<A>, A, B>;
template <class P, class X>
constexpr auto number(const X& x) {
  return static_cast<typename P::element>(P(x));
}

// Mixed pairs have operators of their own: with conversions both ways the compiler could not choose.
template <class A, class B>
requires PlainPair<A, B>
constexpr auto operator+(const A& a, const B& b) {
  using P = PlainOf<A, B>;
  return P(number<P>(a) + number<P>(b));
}
template <class A, class B>
requires PlainPair<A, B>
constexpr auto operator-(const A& a, const B& b) {
  using P = PlainOf<A, B>;
  return P(number<P>(a) - number<P>(b));
}
template <class A, class B>
requires PlainPair<A, B>
constexpr auto operator*(const A& a, const B& b) {
  using P = PlainOf<A, B>;
  return P(number<P>(a) * number<P>(b));
}
template <class A, class B>
requires PlainPair<A, B>
constexpr auto operator/(const A& a, const B& b) {
  using P = PlainOf<A, B>;
  return P(number<P>(a) / number<P>(b));
}
template <class T>
constexpr Plain<T> operator-(Plain<T> x) {
  return Plain<T>(-static_cast<T>(x));
}
template <class A, class B>
requires PlainPair<A, B>
constexpr bool operator<(const A& a, const B& b) { return number<PlainOf<A, B>>(a) < number<PlainOf<A, B>>(b); }
template <class A, class B>
requires PlainPair<A, B>
constexpr bool operator>(const A& a, const B& b) { return number<PlainOf<A, B>>(a) > number<PlainOf<A, B>>(b); }
template <class A, class B>
requires PlainPair<A, B>
constexpr bool operator<=(const A& a, const B& b) { return number<PlainOf<A, B>>(a) <= number<PlainOf<A, B>>(b); }
template <class A, class B>
requires PlainPair<A, B>
constexpr bool operator>=(const A& a, const B& b) { return number<PlainOf<A, B>>(a) >= number<PlainOf<A, B>>(b); }
template <class A, class B>
requires PlainPair<A, B>
constexpr bool operator==(const A& a, const B& b) { return number<PlainOf<A, B>>(a) == number<PlainOf<A, B>>(b); }

// The functions of scalar_math.h.
template <class A, class B>
requires PlainPair<A, B>
auto select(bool where, const A& a, const B& b) {
  using P = PlainOf<A, B>;
  return where ? P(a) : P(b);
}
template <class A, class B>
requires PlainPair<A, B>
auto max(const A& x, const B& bound) {
  using P = PlainOf<A, B>;
  return P(max(number<P>(x), number<P>(bound)));
}
template <class A, class B>
requires PlainPair<A, B>
auto min(const A& x, const B& bound) {
  using P = PlainOf<A, B>;
  return P(min(number<P>(x), number<P>(bound)));
}
template <class T>
Plain<T> abs(Plain<T> x) {
  return abs(static_cast<T>(x));
}
template <class T>
Plain<T> sqrt(Plain<T> x) {
  return sqrt(static_cast<T>(x));
}
template <class T>
Plain<T> exp(Plain<T> x) {
  return exp(static_cast<T>(x));
}
template <class T>
Plain<T> exp_times(Plain<T> x, std::type_identity_t<Plain<T>> y) {
  return exp_times(static_cast<T>(x), static_cast<T>(y));
}
template <class T>
Plain<T> expm1(Plain<T> x) {
  return expm1(static_cast<T>(x));
}
template <class T>
Plain<T> log1p(Plain<T> x) {
  return log1p(static_cast<T>(x));
}
template <class T>
Plain<T> tanh(Plain<T> x) {
  return tanh(static_cast<T>(x));
}
template <class T>
Plain<T> sigmoid(Plain<T> x) {
  return sigmoid(static_cast<T>(x));
}
template <class T>
Plain<T> sigmoid_times(Plain<T> x, std::type_identity_t<Plain<T>> y) {
  return sigmoid_times(static_cast<T>(x), static_cast<T>(y));
}
template <class T>
Plain<T> normal_cdf(Plain<T> x) {
  return normal_cdf(static_cast<T>(x));
}
template <class T>
Plain<T> normal_cdf_times(Plain<T> x, std::type_identity_t<Plain<T>> y) {
  return normal_cdf_times(static_cast<T>(x), static_cast<T>(y));
}
template <class T>
Plain<T> sigmoid_of_cubic_times(Plain<T> x, double a, double b, std::type_identity_t<Plain<T>> y) {
  return sigmoid_of_cubic_times(static_cast<T>(x), a, b, static_cast<T>(y));
}
template <class T, class F>
Plain<T> wide(Plain<T> x, F f) {
  return static_cast<double>(f(Plain<double>(static_cast<T>(x))));
}

/// Over the one element, as a register has them over its many.
template <class T>
T sum(Plain<T> x) {
  return x;
}
template <class T>
T largest(Plain<T> x) {
  return x;
}

/// How the loops read and write it; see lane_access.h.
template <class T>
struct LaneAccess<Plain<T>> {
  using element = T;
  static constexpr std::int64_t width = 1;
  static constexpr bool can_stream = false;

  static Plain<T> load(const T* p) { return *p; }
  static void store(Plain<T> v, T* p) { *p = v; }
  static void stream(Plain<T> v, T* p) { *p = v; }
  static void finish_stream() {}
  static Plain<T> load_part(const T* p, std::int64_t) { return *p; }
  static void store_part(Plain<T> v, T* p, std::int64_t) { *p = v; }
  static std::uint32_t bits(bool mask) { return mask; }
  static bool mask(std::uint32_t bits) { return bits & 1u; }
};

}  // namespace relume::kernels
