// Private. A SIMD register as a number: Lane<float> and Lane<double> take the operators and functions that
// scalar_math.h has for plain numbers, so that one formula serves both. For *.simd.cpp alone: what the types are
// depends on the compiler's flags, hence the anonymous namespace, which keeps the instantiations of one level apart
// from those of another.
#pragma once

// x86-64-v3 and -v4 do not promise AES, which Highway would ask for and which is of no use here.
#define HWY_DISABLE_PCLMUL_AES
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include <hwy/cache_control.h>
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "relume/kernels/lane_access.h"
#include "relume/kernels/scalar_math.h"

namespace relume::kernels {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
class Lane;

/// Where a condition holds, for each element of a Lane<T>.
template <class T>
struct LaneMask {
  hn::Mask<hn::ScalableTag<T>> raw;

  friend LaneMask operator&&(LaneMask a, LaneMask b) { return {hn::And(a.raw, b.raw)}; }
  friend LaneMask operator||(LaneMask a, LaneMask b) { return {hn::Or(a.raw, b.raw)}; }
  friend LaneMask operator!(LaneMask a) { return {hn::Not(a.raw)}; }
};

template <class T>
class Lane {
 public:
  using Tag = hn::ScalableTag<T>;
  using Mask = LaneMask<T>;
  using Raw = hn::Vec<Tag>;
  using element = T;
  static constexpr std::int64_t width = static_cast<std::int64_t>(hn::MaxLanes(Tag()));

  Lane() = default;
  explicit Lane(Raw raw) : raw_(raw) {}
  /// Every element has the value: of a number, or of what converts to one as parameters do.
  template <class Value>
  requires std::is_convertible_v<Value, double> Lane(const Value& value)
      : raw_(hn::Set(Tag(), static_cast<T>(static_cast<double>(value)))) {}

  Raw raw() const { return raw_; }

  friend Lane operator+(Lane a, Lane b) { return Lane(hn::Add(a.raw_, b.raw_)); }
  friend Lane operator-(Lane a, Lane b) { return Lane(hn::Sub(a.raw_, b.raw_)); }
  friend Lane operator*(Lane a, Lane b) { return Lane(hn::Mul(a.raw_, b.raw_)); }
  friend Lane operator/(Lane a, Lane b) { return Lane(hn::Div(a.raw_, b.raw_)); }
  friend Lane operator-(Lane a) { return Lane(hn::Neg(a.raw_)); }
  friend Mask operator<(Lane a, Lane b) { return {hn::Lt(a.raw_, b.raw_)}; }
  friend Mask operator>(Lane a, Lane b) { return {hn::Gt(a.raw_, b.raw_)}; }
  friend Mask operator<=(Lane a, Lane b) { return {hn::Le(a.raw_, b.raw_)}; }
  friend Mask operator>=(Lane a, Lane b) { return {hn::Ge(a.raw_, b.raw_)}; }
  friend Mask operator==(Lane a, Lane b) { return {hn::Eq(a.raw_, b.raw_)}; }

  friend Lane select(Mask where, Lane a, Lane b) { return Lane(hn::IfThenElse(where.raw, a.raw_, b.raw_)); }
  friend Lane max(Lane x, Lane bound) { return select(x <= bound, bound, x); }
  friend Lane min(Lane x, Lane bound) { return select(x >= bound, bound, x); }
  friend Lane abs(Lane x) { return Lane(hn::Abs(x.raw_)); }
  friend Lane sqrt(Lane x) { return Lane(hn::Sqrt(x.raw_)); }
  friend Lane copy_sign(Lane magnitude, Lane sign) { return Lane(hn::CopySign(magnitude.raw_, sign.raw_)); }
  /// a b + c, rounded once where the hardware does so
  friend Lane fma(Lane a, Lane b, Lane c) { return Lane(hn::MulAdd(a.raw_, b.raw_, c.raw_)); }
#if HWY_TARGET != HWY_SCALAR
  /// Sums of neighbours: those of a fill the lower half, those of b the upper.
  friend Lane neighbour_sums(Lane a, Lane b) {
    return Lane(hn::Add(hn::ConcatEven(Tag(), b.raw_, a.raw_), hn::ConcatOdd(Tag(), b.raw_, a.raw_)));
  }
#endif
  friend T sum(Lane x) { return hn::GetLane(hn::SumOfLanes(Tag(), x.raw_)); }
  friend T largest(Lane x) { return hn::GetLane(hn::MaxOfLanes(Tag(), x.raw_)); }

 private:
  Raw raw_;
};

/// f of each element in turn, in double precision: right and slow.
template <class T, class F>
Lane<T> for_each_element(Lane<T> x, F f) {
  constexpr auto width = static_cast<std::size_t>(Lane<T>::width);
  alignas(64) T values[width];
  hn::Store(x.raw(), typename Lane<T>::Tag(), values);
  for (std::size_t i = 0; i < width; ++i) values[i] = static_cast<T>(f(static_cast<double>(values[i])));
  return Lane<T>(hn::Load(typename Lane<T>::Tag(), values));
}

/// f of each element of x and the one of y beside it, in double precision.
template <class T, class F>
Lane<T> for_each_pair(Lane<T> x, Lane<T> y, F f) {
  constexpr auto width = static_cast<std::size_t>(Lane<T>::width);
  alignas(64) T left[width];
  alignas(64) T right[width];
  hn::Store(x.raw(), typename Lane<T>::Tag(), left);
  hn::Store(y.raw(), typename Lane<T>::Tag(), right);
  for (std::size_t i = 0; i < width; ++i)
    left[i] = static_cast<T>(f(static_cast<double>(left[i]), static_cast<double>(right[i])));
  return Lane<T>(hn::Load(typename Lane<T>::Tag(), left));
}

}  // namespace

/// How the loops read and write lanes and masks; see lane_access.h.
template <class T>
struct LaneAccess<Lane<T>> {
  using element = T;
  using Tag = hn::ScalableTag<T>;
  using Mask = LaneMask<T>;
  static constexpr std::int64_t width = Lane<T>::width;
  static constexpr bool can_stream = width > 1;

  static Lane<T> load(const T* p) { return Lane<T>(hn::LoadU(Tag(), p)); }
  static void store(Lane<T> v, T* p) { hn::StoreU(v.raw(), Tag(), p); }
  static void stream(Lane<T> v, T* p) { hn::Stream(v.raw(), Tag(), p); }
  static void finish_stream() { hwy::FlushStream(); }

  static Lane<T> load_part(const T* p, std::int64_t n) {
#if HWY_CAP_GE256
    return Lane<T>(hn::MaskedLoad(first(n), Tag(), p));
#else
    alignas(64) T values[static_cast<std::size_t>(width)] = {};
    for (std::int64_t i = 0; i < n; ++i) values[i] = p[i];
    return Lane<T>(hn::Load(Tag(), values));
#endif
  }
  static void store_part(Lane<T> v, T* p, std::int64_t n) {
#if HWY_CAP_GE256
    hn::BlendedStore(v.raw(), first(n), Tag(), p);
#else
    alignas(64) T values[static_cast<std::size_t>(width)];
    hn::Store(v.raw(), Tag(), values);
    for (std::int64_t i = 0; i < n; ++i) p[i] = values[i];
#endif
  }

  static std::uint32_t bits(Mask mask) {
    std::uint8_t bytes[8] = {};
    hn::StoreMaskBits(Tag(), mask.raw, bytes);
    std::uint32_t bits;
    std::memcpy(&bits, bytes, sizeof bits);
    return bits;
  }
  static Mask mask(std::uint32_t bits) {
    std::uint8_t bytes[8] = {};
    std::memcpy(bytes, &bits, sizeof bits);
    return {hn::LoadMaskBits(Tag(), bytes)};
  }

 private:
  static hn::Mask<Tag> first(std::int64_t n) { return hn::FirstN(Tag(), static_cast<std::size_t>(n)); }
};

}  // namespace relume::kernels

#include "relume/kernels/lane_math.h"
