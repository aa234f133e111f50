#include "relume/kernels/elementwise.h"

#include <algorithm>
#include <cmath>
#include <cstring>
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

/// y[i] = f(a[i], b[i]); the common strides get loops that the compiler turns into SIMD.
template <class C, class Y, class F>
void run(const C* a, std::int64_t sa, const C* b, std::int64_t sb, Y* y, std::int64_t n, F f) {
  if (sa == 1 && sb == 1) {
    for (std::int64_t i = 0; i < n; ++i) y[i] = static_cast<Y>(f(a[i], b[i]));
  } else if (sa == 1 && sb == 0) {
    const C right = *b;
    for (std::int64_t i = 0; i < n; ++i) y[i] = static_cast<Y>(f(a[i], right));
  } else {
    for (std::int64_t i = 0; i < n; ++i) y[i] = static_cast<Y>(f(a[i * sa], b[i * sb]));
  }
}

/// The same for operands and a result of any dtype.
template <class C, class Y, class F>
void run_any(Operand<C> a, Operand<C> b, DType y_dtype, void* y, std::int64_t n, F f) {
  const auto y_size = static_cast<std::int64_t>(size_of(y_dtype));
  parallel_for(n, grain, [&, a, b](std::int64_t begin, std::int64_t end) mutable {
    const bool direct = a.direct() && b.direct() && y_dtype == dtype_v<Y>;
    Y buffer[chunk];
    for (std::int64_t at = begin; at < end;) {
      const std::int64_t count = direct ? end - at : std::min(chunk, end - at);
      const C *left = a.load(at, count), *right = b.load(at, count);
      auto* out = static_cast<std::byte*>(y) + at * y_size;
      if (y_dtype == dtype_v<Y>) {
        run(left, a.stride(), right, b.stride(), reinterpret_cast<Y*>(out), count, f);
      } else {
        run(left, a.stride(), right, b.stride(), buffer, count, f);
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

/// Calls f with the arithmetic that `op` names, for elements computed as C. Integers wrap around.
template <class C, class F>
void with_arithmetic(Binary op, F&& f) {
  using W = std::conditional_t<std::is_integral_v<C>, std::uint64_t, C>;
  const auto w = [](C value) { return static_cast<W>(value); };
  switch (op) {
    case Binary::add: return f([=](C a, C b) { return static_cast<C>(w(a) + w(b)); });
    case Binary::subtract: return f([=](C a, C b) { return static_cast<C>(w(a) - w(b)); });
    case Binary::multiply: return f([=](C a, C b) { return static_cast<C>(w(a) * w(b)); });
    case Binary::divide: return f([](C a, C b) { return quotient(a, b); });
    case Binary::power: return f([](C a, C b) { return power_of(a, b); });
    case Binary::maximum: return f([](C a, C b) { return a > b || a != a ? a : b; });
    case Binary::minimum: return f([](C a, C b) { return a < b || a != a ? a : b; });
  }
}

template <class C, class F>
void with_comparison(Compare op, F&& f) {
  switch (op) {
    case Compare::equal: return f([](C a, C b) { return a == b; });
    case Compare::not_equal: return f([](C a, C b) { return a != b; });
    case Compare::less: return f([](C a, C b) { return a < b; });
    case Compare::less_equal: return f([](C a, C b) { return a <= b; });
    case Compare::greater: return f([](C a, C b) { return a > b; });
    case Compare::greater_equal: return f([](C a, C b) { return a >= b; });
  }
}

template <class C, class F>
void with_function(Unary op, F&& f) {
  using R = std::conditional_t<std::is_floating_point_v<C>, C, double>;  // <cmath> on integers
  const auto r = [](C value) { return static_cast<R>(value); };
  switch (op) {
    case Unary::negate: return f([](C x) { return static_cast<C>(-x); });
    case Unary::absolute:
      return f([](C x) {
        if constexpr (std::is_floating_point_v<C>) return std::fabs(x);
        return static_cast<C>(x < C{} ? -x : x);
      });
    case Unary::exponential: return f([=](C x) { return std::exp(r(x)); });
    case Unary::logarithm: return f([=](C x) { return std::log(r(x)); });
    case Unary::square_root: return f([=](C x) { return std::sqrt(r(x)); });
    case Unary::sine: return f([=](C x) { return std::sin(r(x)); });
    case Unary::cosine: return f([=](C x) { return std::cos(r(x)); });
    case Unary::sign: return f([](C x) { return static_cast<C>((x > C{}) - (x < C{})); });
    case Unary::reciprocal: return f([=](C x) { return R{1} / r(x); });
  }
}

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

}  // namespace

void binary(Binary op, DType dtype, const void* a, std::int64_t stride_a, const void* b, std::int64_t stride_b, void* y,
            std::int64_t n) {
  // On truth values + and max are "or", · and min are "and": 1 + 1 becomes true again when it is stored.
  visit_computed(dtype, [&]<class C>() {
    with_arithmetic<C>(op, [&](auto f) { run_any<C, C>({dtype, a, stride_a}, {dtype, b, stride_b}, dtype, y, n, f); });
  });
}

void compare(Compare op, DType dtype, const void* a, std::int64_t stride_a, const void* b, std::int64_t stride_b,
             bool* y, std::int64_t n) {
  visit_computed(dtype, [&]<class C>() {
    with_comparison<C>(op, [&](auto f) {
      run_any<C, bool>({dtype, a, stride_a}, {dtype, b, stride_b}, DType::bool_, y, n, f);
    });
  });
}

void unary(Unary op, DType dtype, const void* x, std::int64_t stride_x, void* y, std::int64_t n) {
  visit_computed(dtype, [&]<class C>() {
    with_function<C>(op, [&](auto f) {
      run_any<C, C>({dtype, x, stride_x}, {dtype, x, 0}, dtype, y, n, [f](C v, C) { return static_cast<C>(f(v)); });
    });
  });
}

void where(DType dtype, const bool* c, std::int64_t stride_c, const void* a, std::int64_t stride_a, const void* b,
           std::int64_t stride_b, void* y, std::int64_t n) {
  visit(dtype, [&]<class T>() {
    const auto* left = static_cast<const T*>(a);
    const auto* right = static_cast<const T*>(b);
    auto* result = static_cast<T*>(y);
    for (std::int64_t i = 0; i < n; ++i) result[i] = c[i * stride_c] ? left[i * stride_a] : right[i * stride_b];
  });
}

void convert(DType from, const void* x, std::int64_t stride_x, DType to, void* y, std::int64_t stride_y,
             std::int64_t n) {
  if (from == to && stride_x == 1 && stride_y == 1) {
    std::memcpy(y, x, static_cast<std::size_t>(n) * size_of(from));
    return;
  }
  visit(from, [&]<class From>() {
    visit(to, [&]<class To>() {
      const auto* source = static_cast<const From*>(x);
      auto* target = static_cast<To*>(y);
      for (std::int64_t i = 0; i < n; ++i) target[i * stride_y] = convert_one<To>(source[i * stride_x]);
    });
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
