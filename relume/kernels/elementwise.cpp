#include "relume/kernels/elementwise.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "relume/base/parallel.h"

namespace relume::kernels {
namespace {

constexpr std::int64_t grain = 1 << 16;

/// The type that arithmetic on T is done in: float for the 16-bit floats.
template <class T>
using Compute = std::conditional_t<std::is_class_v<T>, float, T>;

template <class T>
Compute<T> load(T value) {
  return static_cast<Compute<T>>(value);
}

/// y[i] = f(a[i], b[i]); the common strides get loops that the compiler turns into SIMD.
template <class A, class B, class Y, class F>
void run(const A* a, std::int64_t sa, const B* b, std::int64_t sb, Y* y, std::int64_t n, F f) {
  parallel_for(n, grain, [&](std::int64_t begin, std::int64_t end) {
    if (sa == 1 && sb == 1) {
      for (std::int64_t i = begin; i < end; ++i) y[i] = static_cast<Y>(f(load(a[i]), load(b[i])));
    } else if (sa == 1 && sb == 0) {
      const auto right = load(*b);
      for (std::int64_t i = begin; i < end; ++i) y[i] = static_cast<Y>(f(load(a[i]), right));
    } else {
      for (std::int64_t i = begin; i < end; ++i) y[i] = static_cast<Y>(f(load(a[i * sa]), load(b[i * sb])));
    }
  });
}

template <class C>
C power_of(C a, C b) {
  if constexpr (std::is_floating_point_v<C>) {
    return std::pow(a, b);
  } else {
    C result = 1;
    for (; b > 0; --b) result = static_cast<C>(result * a);
    return result;
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
    return static_cast<To>(value != value ? 0
                           : value >= From(9.2e18) ? INT64_MAX
                           : value <= From(-9.2e18) ? INT64_MIN
                                                    : static_cast<std::int64_t>(value));
  else
    return static_cast<To>(value);
}

}  // namespace

void binary(Binary op, DType dtype, const void* a, std::int64_t stride_a, const void* b, std::int64_t stride_b, void* y,
            std::int64_t n) {
  visit(dtype, [&]<class T>() {
    if constexpr (!std::is_same_v<T, bool>) {
      with_arithmetic<Compute<T>>(op, [&](auto f) {
        run(static_cast<const T*>(a), stride_a, static_cast<const T*>(b), stride_b, static_cast<T*>(y), n, f);
      });
    } else {
      // On truth values + and max are "or", · and min are "and", − and / have been refused above.
      const bool either = op == Binary::add || op == Binary::maximum;
      run(static_cast<const bool*>(a), stride_a, static_cast<const bool*>(b), stride_b, static_cast<bool*>(y), n,
          [either](bool p, bool q) { return either ? p || q : p && q; });
    }
  });
}

void compare(Compare op, DType dtype, const void* a, std::int64_t stride_a, const void* b, std::int64_t stride_b,
             bool* y, std::int64_t n) {
  visit(dtype, [&]<class T>() {
    with_comparison<Compute<T>>(op, [&](auto f) {
      run(static_cast<const T*>(a), stride_a, static_cast<const T*>(b), stride_b, y, n, f);
    });
  });
}

void unary(Unary op, DType dtype, const void* x, std::int64_t stride_x, void* y, std::int64_t n) {
  visit(dtype, [&]<class T>() {
    if constexpr (!std::is_same_v<T, bool>)
      with_function<Compute<T>>(op, [&](auto f) {
        const auto* source = static_cast<const T*>(x);
        run(source, stride_x, source, 0, static_cast<T*>(y), n, [f](auto v, auto) { return f(v); });
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
