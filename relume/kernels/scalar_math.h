// Public. The functions that formulas of activations call, for plain numbers. kernels/lane.h has the same for SIMD
// lanes.
#pragma once

#include <cmath>
#include <concepts>
#include <type_traits>

namespace relume::kernels {

template <class T>
concept Number = std::is_arithmetic_v<T>;

/// where ? a : b
template <Number T>
T select(bool where, T a, std::type_identity_t<T> b) {
  return where ? a : b;
}
/// The larger of x and bound, bound where they are equal (so max(−0.0, +0.0) is +0.0), NaN where x is.
template <Number T>
T max(T x, std::type_identity_t<T> bound) {
  return x <= bound ? bound : x;
}
/// The smaller of x and bound, NaN where x is.
template <Number T>
T min(T x, std::type_identity_t<T> bound) {
  return x >= bound ? bound : x;
}
template <Number T>
T abs(T x) {
  return x < T(0) ? static_cast<T>(-x) : x == T(0) ? T(0) : x;
}
template <std::floating_point T>
T sqrt(T x) {
  return std::sqrt(x);
}
/// eˣ
template <std::floating_point T>
T exp(T x) {
  return std::exp(x);
}
/// y eˣ for x ≤ 0, without the loss of accuracy where eˣ alone is subnormal.
template <std::floating_point T>
T exp_times(T x, std::type_identity_t<T> y) {
  const T half = std::exp(x / 2);
  return y * half * half;
}
/// eˣ − 1
template <std::floating_point T>
T expm1(T x) {
  return std::expm1(x);
}
/// log(1 + x)
template <std::floating_point T>
T log1p(T x) {
  return std::log1p(x);
}
template <std::floating_point T>
T tanh(T x) {
  return std::tanh(x);
}
/// 1 / (1 + e⁻ˣ)
template <std::floating_point T>
T sigmoid(T x) {
  const T e = std::exp(x < 0 ? x : -x);
  return (x < 0 ? e : T(1)) / (1 + e);
}
/// y / (1 + e⁻ˣ), without the loss of accuracy where the sigmoid alone is subnormal.
template <std::floating_point T>
T sigmoid_times(T x, std::type_identity_t<T> y) {
  const T negative = x < 0 ? x : -x;
  const T share = y / (1 + std::exp(negative));
  return x < 0 ? exp_times(negative, share) : share;
}
/// Φ(x), the normal distribution's share below x.
template <std::floating_point T>
T normal_cdf(T x) {
  return T(0.5) * std::erfc(x * T(-0.70710678118654752440));
}
/// y Φ(x), without the loss of accuracy where Φ alone is subnormal.
template <std::floating_point T>
T normal_cdf_times(T x, std::type_identity_t<T> y) {
  return static_cast<T>(static_cast<double>(y) * normal_cdf(static_cast<double>(x)));
}
/// y / (1 + e^{−(a x + b x³)})
template <std::floating_point T>
T sigmoid_of_cubic_times(T x, double a, double b, std::type_identity_t<T> y) {
  const auto v = static_cast<double>(x);
  return static_cast<T>(sigmoid_times(v * (v * v * b + a), static_cast<double>(y)));
}
/// f(x) computed in double precision and rounded once.
template <std::floating_point T, class F>
T wide(T x, F f) {
  return static_cast<T>(f(static_cast<double>(x)));
}

}  // namespace relume::kernels
