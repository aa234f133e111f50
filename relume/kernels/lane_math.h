// Private. Exponentials, logarithms and their kin for lanes. Included by lane.h.
//
// float32 with fused multiply-add: polynomials after range reduction, in the manner of N. Juffa's single-precision
// functions; each is within 1 ulp of the true value. float64: Highway's (within 4 ulp). Without fused multiply-add:
// each element through the C library in double precision.
#pragma once

#include <iterator>

#include "relume/kernels/lane.h"

namespace relume::kernels {
namespace {

#if HWY_NATIVE_FMA

/// 2ⁿ v for whole n, right where the result is subnormal or overflows.
inline Lane<float> scale(Lane<float> v, Lane<float> n) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  return Lane<float>(hn::Vec<hn::ScalableTag<float>>{_mm512_scalef_ps(v.raw().raw, n.raw().raw)});
#else
  const hn::ScalableTag<float> tag;
  const hn::RebindToSigned<decltype(tag)> whole;
  const auto exponent = hn::ConvertTo(whole, n.raw());
  const auto half = hn::ShiftRight<1>(exponent);
  const auto power = [&](auto e) { return hn::BitCast(tag, hn::ShiftLeft<23>(hn::Add(e, hn::Set(whole, 127)))); };
  return Lane<float>(hn::Mul(hn::Mul(v.raw(), power(half)), power(hn::Sub(exponent, half))));
#endif
}

/// Keeps NaN: the comparison is false for it.
inline Lane<float> clamp(Lane<float> x, float low, float high) {
  return Lane<float>(hn::Max(Lane<float>(low).raw(), hn::Min(Lane<float>(high).raw(), x.raw())));
}

/// eˣ = 2ⁿ (m + rest) with |log m| ≤ log(2) / 2 and rest what m lost to rounding.
struct Exponential {
  Lane<float> m, rest, n;
};

/// x = n log 2 + r
struct Reduced {
  Lane<float> n, r;
};

inline Reduced reduce(Lane<float> x) {
  const Lane<float> n(hn::Round((x * 1.44269504f).raw()));
  return {n, fma(n, -1.42860677e-6f, fma(n, -6.93145752e-1f, x))};
}

/// (eʳ − 1) / r for |r| ≤ log(2) / 2
inline Lane<float> exponential_slope(Lane<float> r) {
  using V = Lane<float>;
  V p = fma(V(1.37805939e-3f), r, 8.37312452e-3f);
  p = fma(p, r, 4.16695364e-2f);
  p = fma(p, r, 1.66664720e-1f);
  p = fma(p, r, 4.99999851e-1f);
  return fma(p, r, 1);
}

/// eˣ within 0.9 ulp before scaling.
inline Exponential exponential(Lane<float> x) {
  const auto [n, r] = reduce(clamp(x, -126.0f, 89.0f));
  const Lane<float> slope = exponential_slope(r), m = fma(slope, r, 1);
  return {m, fma(slope, r, Lane<float>(1) - m), n};
}

inline Lane<float> exp(Lane<float> x) {
  const auto [m, rest, n] = exponential(x);
  return scale(m, n);
}

inline Lane<float> exp_times(Lane<float> x, Lane<float> y) {
  const auto [m, rest, n] = exponential(x);
  return scale(fma(m, y, rest * y), n);
}

inline Lane<float> expm1(Lane<float> x) {
  using V = Lane<float>;
  const auto [n, r] = reduce(clamp(x, -25.0f, 89.0f));
  V p = fma(V(1.97350979e-4f), r, 1.39309070e-3f);
  p = fma(p, r, 8.33343994e-3f);
  p = fma(p, r, 4.16668020e-2f);
  p = fma(p, r, 1.66666716e-1f);
  p = fma(p, r, 4.99999970e-1f);
  const V near_zero = fma(p, r * r, r);
  // 2ⁿ (1 + p) − 1 = 2 (2ⁿ⁻¹ p + (2ⁿ⁻¹ − ½)), the difference kept in two parts; halved so that n = 128 does not
  // overflow.
  const V power = scale(0.5f, n);
  const V high = power - 0.5f;
  const V low = (power - high) - 0.5f;
  const V far = fma(near_zero, power, low) + high;
  // −0 stays −0 through the product that r takes part in: r + p r² is r.
  return select(n == 0, select(x == 0, x, near_zero), far + far);
}

inline Lane<float> log1p(Lane<float> x) {
  using V = Lane<float>;
  const hn::ScalableTag<float> tag;
  const hn::RebindToSigned<decltype(tag)> whole;
  // 1 + x = 2ᵉ (1 + m) with m in [−¼, ½]
  const auto bits = hn::Sub(hn::BitCast(whole, (x + 1).raw()), hn::Set(whole, 0x3f400000));
  const auto exponent = hn::And(bits, hn::Set(whole, static_cast<std::int32_t>(0xff800000u)));
  const V quarter_power(hn::BitCast(tag, hn::Sub(hn::Set(whole, 0x40800000), exponent)));  // 4 · 2⁻ᵉ
  const V scaled(hn::BitCast(tag, hn::Sub(hn::BitCast(whole, x.raw()), exponent)));        // x · 2⁻ᵉ
  const V e = V(hn::ConvertTo(tag, exponent)) * 1.1920928955078125e-7f;
  const V m = select(e == 0, x, scaled + fma(quarter_power, 0.25f, -1));
  const V s = m * m;
  V even = fma(V(-4.54559326e-2f), s, -1.32279143e-1f);
  V odd = fma(V(1.05529785e-1f), s, 1.44911006e-1f);
  even = fma(even, s, -1.66416913e-1f);
  odd = fma(odd, s, 1.99886635e-1f);
  even = fma(even, s, -2.50001878e-1f);
  V p = fma(odd, m, even);
  p = fma(p, m, 3.33335280e-1f);
  p = fma(p, m, -5.00000000e-1f);
  p = fma(p, s, m);
  const V inside = fma(e, 0.693147182f, p);
  const float inf = std::numeric_limits<float>::infinity();
  const V edge = select(x == -1, -inf, select(x >= -1, x, std::numeric_limits<float>::quiet_NaN()));
  return select(x > -1 && x < inf && !(x == 0), inside, edge);
}

inline Lane<float> tanh(Lane<float> x) {
  using V = Lane<float>;
  const V s = x * x;
  V p = fma(V(1.57394409e-2f), s, -5.23025580e-2f);
  p = fma(p, s, 1.33152470e-1f);
  p = fma(p, s, -3.33327681e-1f);
  p = p * s;
  const V near_zero = fma(p, x, x);
  const V t = abs(x);
  const V far = V(1) - V(2) / (exp(t + t) + 1);
  return select(t < 0.599609375f, near_zero, copy_sign(far, x));
}

inline Lane<float> sigmoid(Lane<float> x) {
  const Lane<float> e = exp(-abs(x));
  return select(x < 0, e, 1) / (e + 1);
}

/// y / (1 + e⁻⁽ˣ⁺ˡᵒʷ⁾) for a `low` that is small beside x. With e⁻ˣ = 2ⁿ m it is 2⁻ⁿ y / (2⁻ⁿ + m), where nothing
/// overflows and no part becomes subnormal before the result does.
inline Lane<float> sigmoid_times(Lane<float> x, Lane<float> low, Lane<float> y) {
  using V = Lane<float>;
  const auto [n, of_x] = reduce(clamp(-x, -20.0f, 110.0f));
  const V r = of_x - low;
  const V m = fma(exponential_slope(r), r, 1);
  const V quotient = scale(y, -n) / (scale(1, -n) + m);
  // From 20 on the sigmoid rounds to 1, and y may be large.
  return select(x > 20, y, quotient);
}

inline Lane<float> sigmoid_times(Lane<float> x, Lane<float> y) { return sigmoid_times(x, 0, y); }

inline Lane<float> sigmoid_of_cubic_times(Lane<float> x, double a, double b, Lane<float> y) {
  using V = Lane<float>;
  const auto rounding_of = [](double v) { return v - static_cast<double>(static_cast<float>(v)); };
  // x (a + b x²) in two parts, each operation's rounding error kept: an error in the exponent is one in the result's
  // relative size.
  const V square = x * x, square_low = fma(x, x, -square);
  const V term = square * b;
  const V term_low = fma(square, b, -term) + fma(square_low, b, square * rounding_of(b));
  const V factor = term + a, of_a = factor - term;
  const V factor_low = ((V(a) - of_a) + (term - (factor - of_a))) + (term_low + rounding_of(a));
  const V inner = x * factor;
  return sigmoid_times(inner, fma(x, factor, -inner) + x * factor_low, y);
}

/// f in double precision on both halves of x.
template <class F>
Lane<float> wide(Lane<float> x, F f) {
  const hn::ScalableTag<float> tag;
  const hn::ScalableTag<double> wide_tag;
  const hn::Half<decltype(tag)> half;
  const Lane<double> low = f(Lane<double>(hn::PromoteTo(wide_tag, hn::LowerHalf(half, x.raw()))));
  const Lane<double> high = f(Lane<double>(hn::PromoteTo(wide_tag, hn::UpperHalf(half, x.raw()))));
  return Lane<float>(hn::Combine(tag, hn::DemoteTo(half, high.raw()), hn::DemoteTo(half, low.raw())));
}

inline Lane<double> keep_nan(Lane<double> x, Lane<double> y) { return select(x == x, y, x); }

inline Lane<double> exp(Lane<double> x) {
  return keep_nan(x, Lane<double>(hn::Exp(hn::ScalableTag<double>(), min(x, 710).raw())));
}
inline Lane<double> exp_times(Lane<double> x, Lane<double> y) { return exp(x * 0.5) * (exp(x * 0.5) * y); }
inline Lane<double> expm1(Lane<double> x) {
  return keep_nan(x, Lane<double>(hn::Expm1(hn::ScalableTag<double>(), min(x, 710).raw())));
}
inline Lane<double> log1p(Lane<double> x) {
  return keep_nan(x, Lane<double>(hn::Log1p(hn::ScalableTag<double>(), x.raw())));
}
inline Lane<double> tanh(Lane<double> x) {
  return keep_nan(x, Lane<double>(hn::Tanh(hn::ScalableTag<double>(), max(min(x, 40), -40).raw())));
}
inline Lane<double> sigmoid(Lane<double> x) {
  const Lane<double> e = exp(-abs(x));
  return select(x < 0, e, 1) / (e + 1);
}
inline Lane<double> sigmoid_times(Lane<double> x, Lane<double> y) {
  const Lane<double> negative = -abs(x);
  const Lane<double> share = y / (exp(negative) + 1);
  return select(x < 0, exp_times(negative, share), share);
}

inline Lane<double> sigmoid_of_cubic_times(Lane<double> x, double a, double b, Lane<double> y) {
  return sigmoid_times(x * (x * x * b + a), y);
}

template <class F>
Lane<double> wide(Lane<double> x, F f) {
  return f(x);
}

/// (1 + 2 z) e^{z²} erfc(z) for z in [0, 28] as a polynomial in (z − 4) / (z + 4), interpolated at Chebyshev points;
/// relative error 6e-17 before rounding. The form is that of M. Shepherd and J. Laframboise, "Chebyshev Approximation
/// of (1 + 2x) exp(x²) erfc x in 0 ≤ x < ∞", 1981.
inline constexpr double scaled_erfc_coefficients[] = {
    1.2329951186255526,     -0.1396211168405629,     0.01537965210262074,     0.06809705425473732,
    -0.10103906603635213,   0.09373283499679412,     -0.06633036581152939,    0.03716751556249286,
    -0.016197734059115006,  0.005031969755895426,    -0.00075777334141333,    -0.00019925550755614952,
    0.000150622243948303,   -2.4403169244974074e-05, -1.1224789135154701e-05, 5.7178872846321855e-06,
    3.0135049944875397e-07, -8.351619688696847e-07,  6.270727157198311e-08,   1.1534943745754157e-07,
    -7.71541861441783e-09,  -1.3670989863347383e-08, -1.8206098680308682e-09};

inline Lane<double> normal_cdf(Lane<double> x) {
  using V = Lane<double>;
  const V z = min(abs(x) * 0.70710678118654752440, 28);
  const V t = (z - 4) / (z + 4);
  V p = scaled_erfc_coefficients[std::size(scaled_erfc_coefficients) - 1];
  for (std::size_t i = std::size(scaled_erfc_coefficients) - 1; i-- > 0;) p = fma(p, t, scaled_erfc_coefficients[i]);
  // e^{−z²} with the rounding error of z² put back
  const V square = z * z;
  const V lost = fma(z, z, -square);
  const V tail = exp(-square) * (V(1) - lost) * p / (z + z + 1) * 0.5;
  return keep_nan(x, select(x < 0, tail, V(1) - tail));
}

inline Lane<double> normal_cdf_times(Lane<double> x, Lane<double> y) { return y * normal_cdf(x); }

/// y Φ(−t) for t in [0, 100]: e^{−t²/2} with what t² lost to rounding put back, times a polynomial in
/// (t − 3.5) / (t + 3.5) over t + 3.5, which is within 1e-8 of e^{t²/2} Φ(−t) as far as float32 reaches.
inline Lane<float> normal_tail_times(Lane<float> t, Lane<float> y) {
  using V = Lane<float>;
  const V square = t * t;
  const V lost = fma(t, t, -square);
  const auto [m, lost_by_m, n] = exponential(square * -0.5f);
  const V rest = fma(m, lost * -0.5f, lost_by_m);
  const V below = t + 3.5f;
  const V reciprocal = V(1) / below;
  const V reciprocal_low = reciprocal * (fma(-reciprocal, below, 1) - reciprocal * (t - (below - 3.5f)));
  const V v = fma(reciprocal_low, -7, fma(reciprocal, -7, 1));
  V p = fma(V(0.000110688285f), v, 0.000421896431f);
  p = fma(p, v, -0.000494942884f);
  p = fma(p, v, -0.00317530963f);
  p = fma(p, v, 0.0064931158f);
  p = fma(p, v, 0.0174063779f);
  p = fma(p, v, -0.116053037f);
  p = fma(p, v, 0.315425038f);
  p = fma(p, v, -0.565561771f);
  p = fma(p, v, 0.744416058f);
  const V scaled = y * p, scaled_low = fma(y, p, -scaled);
  const V share = fma(scaled, reciprocal, fma(scaled, reciprocal_low, scaled_low * reciprocal));
  return scale(fma(m, share, rest * share), n);
}

inline Lane<float> normal_cdf_times(Lane<float> x, Lane<float> y) {
  const Lane<float> tail = normal_tail_times(min(abs(x), 100), y);
  // From 6 on Φ rounds to 1, and y may be infinite.
  return select(x <= 0, tail, select(x > 6, y, y - tail));
}

inline Lane<float> normal_cdf(Lane<float> x) { return normal_cdf_times(x, 1); }

#else

template <class T>
Lane<T> exp(Lane<T> x) {
  return for_each_element(x, [](double v) { return kernels::exp(v); });
}
template <class T>
Lane<T> expm1(Lane<T> x) {
  return for_each_element(x, [](double v) { return kernels::expm1(v); });
}
template <class T>
Lane<T> log1p(Lane<T> x) {
  return for_each_element(x, [](double v) { return kernels::log1p(v); });
}
template <class T>
Lane<T> tanh(Lane<T> x) {
  return for_each_element(x, [](double v) { return kernels::tanh(v); });
}
template <class T>
Lane<T> sigmoid(Lane<T> x) {
  return for_each_element(x, [](double v) { return kernels::sigmoid(v); });
}
template <class T>
Lane<T> normal_cdf(Lane<T> x) {
  return for_each_element(x, [](double v) { return kernels::normal_cdf(v); });
}
template <class T, class F>
Lane<T> wide(Lane<T> x, F f) {
  return for_each_element(x, f);
}
template <class T>
Lane<T> exp_times(Lane<T> x, std::type_identity_t<Lane<T>> y) {
  return for_each_pair(x, y, [](double v, double w) { return kernels::exp_times(v, w); });
}
template <class T>
Lane<T> sigmoid_times(Lane<T> x, std::type_identity_t<Lane<T>> y) {
  return for_each_pair(x, y, [](double v, double w) { return kernels::sigmoid_times(v, w); });
}
template <class T>
Lane<T> sigmoid_of_cubic_times(Lane<T> x, double a, double b, std::type_identity_t<Lane<T>> y) {
  return for_each_pair(x, y, [a, b](double v, double w) { return kernels::sigmoid_of_cubic_times(v, a, b, w); });
}
template <class T>
Lane<T> normal_cdf_times(Lane<T> x, std::type_identity_t<Lane<T>> y) {
  return for_each_pair(x, y, [](double v, double w) { return kernels::normal_cdf_times(v, w); });
}

#endif

}  // namespace
}  // namespace relume::kernels
