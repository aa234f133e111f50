#include "relume/kernels/elementwise.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "relume/base/parallel.h"

namespace relume::kernels {
namespace {

constexpr std::int64_t grain = 1 << 16;

// Loops are compiled for float, double and int64 alone; the narrower types pass through them a chunk at a time. That is
// exact: sums and products of integers wrap the same way when they are cut to their width at the end.
constexpr std::int64_t chunk = 1024;

constexpr DType computed_in(DType dtype) {
  if (dtype == DType::float64) return DType::float64;
  return is_floating(dtype) ? DType::float32 : DType::int64;
}

template <class F>
void visit_computed(DType dtype, F&& f) {
  switch (computed_in(dtype)) {
    case DType::float64: return f.template operator()<double>();
    case DType::int64: return f.template operator()<std::int64_t>();
    default: return f.template operator()<float>();
  }
}

/// A strided run of any dtype, read as C.
template <class C>
class Operand {
 public:
  Operand(DType dtype, const void* data, std::int64_t stride) : dtype_(dtype), data_(data), stride_(stride) {}

  bool direct() const { return dtype_ == dtype_v<C>; }
  std::int64_t stride() const { return direct() || stride_ == 0 ? stride_ : 1; }
  /// The elements from `begin` on, with stride().
  const C* load(std::int64_t begin, std::int64_t n) {
    const auto* first =
        static_cast<const std::byte*>(data_) + begin * stride_ * static_cast<std::int64_t>(size_of(dtype_));
    if (direct()) return reinterpret_cast<const C*>(first);
    convert(dtype_, first, stride_, dtype_v<C>, buffer_, 1, stride_ == 0 ? 1 : n);
    return buffer_;
  }

 private:
  DType dtype_;
  const void* data_;
  std::int64_t stride_;
  C buffer_[chunk];
};

/// y[i] = f(a[i·sa], b[i·sb]) for one f. What is not of the operation is outside of it, so that there is one copy.
template <class C, class Y>
using Loop = void (*)(const C* a, std::int64_t sa, const C* b, std::int64_t sb, Y* y, std::int64_t n);

/// The loop of f for any strides.
template <class C, class Y, class F>
constexpr Loop<C, Y> strided(F) {
  return [](const C* a, std::int64_t sa, const C* b, std::int64_t sb, Y* y, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) y[i] = static_cast<Y>(F()(a[i * sa], b[i * sb]));
  };
}

/// The same; of floating-point numbers the common strides get loops that the compiler turns into SIMD.
template <class C, class Y, class F>
constexpr Loop<C, Y> contiguous(F f) {
  if constexpr (!std::is_floating_point_v<C>) return strided<C, Y>(f);
  return [](const C* a, std::int64_t sa, const C* b, std::int64_t sb, Y* y, std::int64_t n) {
    if (sa == 1 && sb == 1) {
      for (std::int64_t i = 0; i < n; ++i) y[i] = static_cast<Y>(F()(a[i], b[i]));
    } else if (sa == 1 && sb == 0) {
      const C right = *b;
      for (std::int64_t i = 0; i < n; ++i) y[i] = static_cast<Y>(F()(a[i], right));
    } else {
      strided<C, Y>(F())(a, sa, b, sb, y, n);
    }
  };
}

/// For functions of one operand: y[i] = f(a[i·sa]).
template <class C, class F>
constexpr Loop<C, C> strided_unary(F) {
  return strided<C, C>([](C a, C) { return static_cast<C>(F()(a)); });
}
template <class C, class F>
constexpr Loop<C, C> contiguous_unary(F f) {
  if constexpr (!std::is_floating_point_v<C>) return strided_unary<C>(f);
  return [](const C* a, std::int64_t sa, const C* b, std::int64_t sb, C* y, std::int64_t n) {
    if (sa != 1) return strided_unary<C>(F())(a, sa, b, sb, y, n);
    for (std::int64_t i = 0; i < n; ++i) y[i] = static_cast<C>(F()(a[i]));
  };
}

/// The loop over operands and a result of any dtype.
template <class C, class Y>
void run(Loop<C, Y> loop, Operand<C> a, Operand<C> b, DType y_dtype, void* y, std::int64_t n) {
  const auto y_size = static_cast<std::int64_t>(size_of(y_dtype));
  parallel_for(n, grain, [&, a, b](std::int64_t begin, std::int64_t end) mutable {
    const bool direct = a.direct() && b.direct() && y_dtype == dtype_v<Y>;
    Y buffer[chunk];
    for (std::int64_t at = begin; at < end;) {
      const std::int64_t count = direct ? end - at : std::min(chunk, end - at);
      const C *left = a.load(at, count), *right = b.load(at, count);
      auto* out = static_cast<std::byte*>(y) + at * y_size;
      if (y_dtype == dtype_v<Y>) {
        loop(left, a.stride(), right, b.stride(), reinterpret_cast<Y*>(out), count);
      } else {
        loop(left, a.stride(), right, b.stride(), buffer, count);
        convert(dtype_v<Y>, buffer, 1, y_dtype, out, 1, count);
      }
      at += count;
    }
  });
}

/// Of integers it wraps around; to a negative power the value is cut off: 0, but for 1 and −1.
template <class C>
C power_of(C a, C b) {
  if constexpr (std::is_floating_point_v<C>) {
    return std::pow(a, b);
  } else {
    if (b < C{}) return a == 1 ? C(1) : a == static_cast<C>(-1) ? static_cast<C>(b % 2 == 0 ? 1 : -1) : C(0);
    std::uint64_t result = 1, square = static_cast<std::uint64_t>(a);
    for (auto left = static_cast<std::uint64_t>(b); left > 0; left >>= 1, square *= square)
      if (left & 1) result *= square;
    return static_cast<C>(result);
  }
}

/// Integers divide towards zero; division by zero gives 0 rather than a trap.
template <class C>
C quotient(C a, C b) {
  if constexpr (std::is_floating_point_v<C>) {
    return a / b;
  } else {
    if (b == 0) return 0;
    if (std::is_signed_v<C> && b == static_cast<C>(-1)) return static_cast<C>(0u - static_cast<std::uint64_t>(a));
    return static_cast<C>(a / b);
  }
}

/// Integers wrap around.
template <class C>
Loop<C, C> arithmetic(Binary op) {
  using W = std::conditional_t<std::is_integral_v<C>, std::uint64_t, C>;
  switch (op) {
    case Binary::add:
      return contiguous<C, C>([](C a, C b) { return static_cast<C>(static_cast<W>(a) + static_cast<W>(b)); });
    case Binary::subtract:
      return contiguous<C, C>([](C a, C b) { return static_cast<C>(static_cast<W>(a) - static_cast<W>(b)); });
    case Binary::multiply:
      return contiguous<C, C>([](C a, C b) { return static_cast<C>(static_cast<W>(a) * static_cast<W>(b)); });
    case Binary::divide: return contiguous<C, C>([](C a, C b) { return quotient(a, b); });
    case Binary::power: return strided<C, C>([](C a, C b) { return power_of(a, b); });
    case Binary::maximum: return contiguous<C, C>([](C a, C b) { return a > b || a != a ? a : b; });
    default: return contiguous<C, C>([](C a, C b) { return a < b || a != a ? a : b; });
  }
}

template <class C>
Loop<C, bool> comparison(Compare op) {
  switch (op) {
    case Compare::equal: return contiguous<C, bool>([](C a, C b) { return a == b; });
    case Compare::not_equal: return contiguous<C, bool>([](C a, C b) { return a != b; });
    case Compare::less: return contiguous<C, bool>([](C a, C b) { return a < b; });
    case Compare::less_equal: return contiguous<C, bool>([](C a, C b) { return a <= b; });
    case Compare::greater: return contiguous<C, bool>([](C a, C b) { return a > b; });
    default: return contiguous<C, bool>([](C a, C b) { return a >= b; });
  }
}

template <class C>
Loop<C, C> function(Unary op) {
  using R = std::conditional_t<std::is_floating_point_v<C>, C, double>;  // <cmath> on integers
  switch (op) {
    case Unary::negate: return contiguous_unary<C>([](C x) { return -x; });
    case Unary::absolute:
      return contiguous_unary<C>([](C x) {
        if constexpr (std::is_floating_point_v<C>) return std::fabs(x);
        return x < C{} ? -x : x;
      });
    case Unary::exponential: return strided_unary<C>([](C x) { return std::exp(static_cast<R>(x)); });
    case Unary::logarithm: return strided_unary<C>([](C x) { return std::log(static_cast<R>(x)); });
    case Unary::square_root: return contiguous_unary<C>([](C x) { return std::sqrt(static_cast<R>(x)); });
    case Unary::sine: return strided_unary<C>([](C x) { return std::sin(static_cast<R>(x)); });
    case Unary::cosine: return strided_unary<C>([](C x) { return std::cos(static_cast<R>(x)); });
    default: return contiguous_unary<C>([](C x) { return (x > C{}) - (x < C{}); });
  }
}

}  // namespace

void binary(Binary op, DType dtype, const void* a, std::int64_t stride_a, const void* b, std::int64_t stride_b, void* y,
            std::int64_t n) {
  // On truth values + and max are "or", · and min are "and": 1 + 1 becomes true again when it is stored.
  visit_computed(dtype, [&]<class C>() {
    run<C, C>(arithmetic<C>(op), {dtype, a, stride_a}, {dtype, b, stride_b}, dtype, y, n);
  });
}

void compare(Compare op, DType dtype, const void* a, std::int64_t stride_a, const void* b, std::int64_t stride_b,
             bool* y, std::int64_t n) {
  visit_computed(dtype, [&]<class C>() {
    run<C, bool>(comparison<C>(op), {dtype, a, stride_a}, {dtype, b, stride_b}, DType::bool_, y, n);
  });
}

void unary(Unary op, DType dtype, const void* x, std::int64_t stride_x, void* y, std::int64_t n) {
  visit_computed(dtype, [&]<class C>() {
    run<C, C>(function<C>(op), {dtype, x, stride_x}, {dtype, x, 0}, dtype, y, n);
  });
}

void add_scaled(DType dtype, double a, const void* x, void* y, std::int64_t n) {
  const auto add = [&]<class T>() {
    const auto* source = static_cast<const T*>(x);
    auto* target = static_cast<T*>(y);
    const T factor = static_cast<T>(a);
    for (std::int64_t i = 0; i < n; ++i) target[i] += factor * source[i];
  };
  dtype == DType::float64 ? add.template operator()<double>() : add.template operator()<float>();
}

}  // namespace relume::kernels
