// Public. The loops of an activation, made from its formulas for a lane type V (kernels/lane_access.h).
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "relume/activation/entry.h"
#include "relume/activation/parameters.h"
#include "relume/kernels/lane_access.h"
#include "relume/kernels/map.h"
#include "relume/kernels/register_tile.h"

namespace relume::activation {

/// Whether S has what its kind is known by.
template <class S>
concept Elementwise = requires {
  S::saves;
};
template <class S>
concept Parametric = requires {
  S::initial_slope;
};

template <class S>
concept Gated = requires {
  typename S::Gate;
};
template <class S>
concept Concatenated = requires {
  typename S::BothSigns;
};

template <class S>
inline constexpr Kind kind_of = Elementwise<S>    ? Kind::elementwise
                                : Parametric<S>   ? Kind::parametric
                                : Gated<S>        ? Kind::gated
                                : Concatenated<S> ? Kind::concatenated
                                                  : Kind::rows;

template <class S, class V>
struct ElementwiseLoops {
  using Access = kernels::LaneAccess<V>;
  using T = typename Access::element;
  static constexpr bool has_mask = S::saves == Saves::mask;
  /// Rows of few numbers, which a product has just written one by one: a lane would wait for the last of them. For the
  /// output of a network alone, so that not all formulas are compiled for single numbers too.
  static constexpr bool few_at_once = S::saves == Saves::nothing;

  /// The type and the registers that most networks have: rows are read and written once. Others take a second pass over
  /// a row in the nearest cache for its bias, or its sums, and the formula is compiled into fewer loops: 0.2 MB less.
  static constexpr bool in_one_pass = sizeof(T) == sizeof(float) && Access::width >= 8;
  /// Formulas so short that it counts where a bias comes from.
  static constexpr bool by_columns = has_mask && in_one_pass;
  static constexpr bool in_one_loop = !in_one_pass && S::saves != Saves::mask && Access::width > 1;
  static constexpr std::int64_t column_block = 64;

  static void forward(const void* x, void* y, std::int64_t n, const double* parameters, bool stream) {
    forward_row(with_parameters<S>(parameters), static_cast<const T*>(x), static_cast<T*>(y), n, stream);
  }

  static void forward_mask(const void* x, void* y, std::uint8_t* mask, std::int64_t n, const double* parameters) {
    forward_with_mask(with_parameters<S>(parameters), static_cast<const T*>(x), static_cast<T*>(y), mask, n);
  }

  static void backward(const void* saved, const void* dy, void* dx, std::int64_t n, const double* parameters) {
    backward_row(with_parameters<S>(parameters), static_cast<const std::uint8_t*>(saved), static_cast<const T*>(dy),
                 static_cast<T*>(dx), n);
  }

  static void forward_rows(const ForwardRows& rows, const double* parameters) {
    const S s = with_parameters<S>(parameters);
    if constexpr (in_one_pass)
      if (rows.bias) return forward_in_one_pass(s, rows);
    for (std::int64_t i = 0; i < rows.rows; ++i) {
      const T* x = static_cast<const T*>(rows.x) + i * rows.x_stride;
      T* y = static_cast<T*>(rows.y) + i * rows.y_stride;
      if (rows.bias) {
        kernels::add<V>(x, static_cast<const T*>(rows.bias), y, rows.columns);
        x = y;
      }
      if (has_mask && rows.mask)
        forward_with_mask(s, x, y, rows.mask + i * rows.mask_stride, rows.columns);
      else
        forward_row(s, x, y, rows.columns, false);
    }
  }

  /// Where four rows of a block's sums fit into registers, as into AVX-512's 32, a product is computed in the same loop
  /// and written once. Alone it takes what libxsmm's takes, at 99 % of a Zen 4 core's peak from a depth of 64 on; with
  /// bias, ReLU and mask, 32 × 4 → 64 took 0.20 µs where both after each other took 0.28, 32 × 64 → 64 2.26 and 2.36.
  static constexpr bool multiplies = by_columns && Access::width >= 16;
  static constexpr std::int64_t rows_at_once = 4;

  static bool forward_product(const kernels::TileProduct& product, const ForwardRows& rows, const double* parameters) {
    if (!rows.bias || rows.columns % column_block != 0) return false;
    const S s = with_parameters<S>(parameters);
    for (std::int64_t j = 0; j < rows.columns; j += column_block) {
      std::int64_t i = 0;
      for (; i + rows_at_once <= rows.rows; i += rows_at_once) product_tile<rows_at_once>(s, product, rows, i, j);
      for (; i < rows.rows; ++i) product_tile<1>(s, product, rows, i, j);
    }
    return true;
  }

  static void backward_rows(const BackwardRows& rows, const double* parameters) {
    const S s = with_parameters<S>(parameters);
    auto* total = static_cast<T*>(rows.column_sum);
    if (!total || !in_one_pass) {
      if (total) std::fill_n(total, rows.columns, T(0));
      for (std::int64_t i = 0; i < rows.rows; ++i) {
        const Row row = row_of(rows, i);
        backward_row(s, row.saved, row.dy, row.dx, rows.columns);
        if (total) kernels::add<V>(total, row.dx, total, rows.columns);
      }
      return;
    }
    if constexpr (in_one_pass) add_up_columns(s, rows, total);
  }

 private:
  static void add_up_columns(const S& s, const BackwardRows& rows, T* total) {
    constexpr int lanes = 4;
    std::int64_t j = 0;
    for (; j + lanes * Access::width <= rows.columns; j += lanes * Access::width)
      backward_columns<lanes>(s, rows, j, Access::width, total + j);
    for (; j < rows.columns; j += Access::width)
      backward_columns<1>(s, rows, j, std::min(Access::width, rows.columns - j), total + j);
  }

  /// `height` rows of a block of columns.
  template <std::int64_t height>
  [[gnu::always_inline]] static void product_tile(const S& s, const kernels::TileProduct& product,
                                                  const ForwardRows& rows, std::int64_t i, std::int64_t j) {
    constexpr std::int64_t width = Access::width, lanes = column_block / width;
    V sum[static_cast<std::size_t>(height)][static_cast<std::size_t>(lanes)];
    kernels::multiply_into(sum, product.depth, static_cast<const T*>(product.a) + i * product.a_stride,
                           product.a_stride, static_cast<const T*>(product.b) + j, product.b_stride);
    T* y = static_cast<T*>(rows.y) + i * rows.y_stride + j;
    std::uint8_t* mask = rows.mask ? rows.mask + i * rows.mask_stride + j / 8 : nullptr;
    const T* bias = static_cast<const T*>(rows.bias) + j;
    const std::int64_t y_step = rows.y_stride, mask_step = rows.mask_stride;
#pragma GCC unroll 4  // an index that is not known would put the sums into memory
    for (std::int64_t r = 0; r < height; ++r, y += y_step, mask += mask ? mask_step : 0)
      for (int l = 0; l < lanes; ++l) {
        const V v = sum[r][l] + Access::load(bias + l * width);
        Access::store(s.forward(v), y + l * width);
        if (mask) write_mask(s, v, mask + l * width / 8);
      }
  }

  /// Rows with their bias, by the way that is fastest for so many columns.
  static void forward_in_one_pass(const S& s, const ForwardRows& rows) {
    const auto* bias = static_cast<const T*>(rows.bias);
    if constexpr (few_at_once)
      if (rows.columns > 0 && Access::width % rows.columns == 0 && rows.x_stride == rows.columns &&
          rows.y_stride == rows.columns)
        return forward_short_rows(s, rows);
    if constexpr (by_columns)
      if (rows.mask && rows.columns % column_block == 0) return forward_columns(s, rows);
    for (std::int64_t i = 0; i < rows.rows; ++i) {
      const T* x = static_cast<const T*>(rows.x) + i * rows.x_stride;
      T* y = static_cast<T*>(rows.y) + i * rows.y_stride;
      if (few_at_once && rows.columns <= Access::width / 4) {
        if constexpr (few_at_once)
          for (std::int64_t j = 0; j < rows.columns; ++j) y[j] = s.forward(kernels::Plain<T>(x[j] + bias[j]));
      } else {
        std::uint8_t* mask = has_mask && rows.mask ? rows.mask + i * rows.mask_stride : nullptr;
        forward_biased(s, x, bias, y, mask, rows.columns);
      }
    }
  }

  /// A whole lane's bits.
  static void write_mask(const S& s, V v, std::uint8_t* mask) {
    const std::uint32_t bits = Access::bits(s.fires(v));
    std::memcpy(mask, &bits, static_cast<std::size_t>(Access::width / 8));
  }

  /// Rows of which a lane has several, without gaps.
  static void forward_short_rows(const S& s, const ForwardRows& rows) {
    T repeated[static_cast<std::size_t>(Access::width)];
    for (std::int64_t j = 0; j < Access::width; ++j)
      repeated[j] = static_cast<const T*>(rows.bias)[j & (rows.columns - 1)];
    const V bias = Access::load(repeated);
    kernels::map<V>(static_cast<const T*>(rows.x), static_cast<T*>(rows.y), rows.rows * rows.columns, false,
                    [&](V v) { return s.forward(v + bias); });
  }

  /// Blocks of columns whose bias stays in registers from the first row to the last.
  static void forward_columns(const S& s, const ForwardRows& rows) {
    constexpr std::int64_t width = Access::width, lanes = column_block / width;
    const std::int64_t count = rows.rows, columns = rows.columns, x_step = rows.x_stride, y_step = rows.y_stride,
                       mask_step = rows.mask_stride;
    for (std::int64_t j = 0; j < columns; j += column_block) {
      const T* x = static_cast<const T*>(rows.x) + j;
      T* y = static_cast<T*>(rows.y) + j;
      std::uint8_t* mask = rows.mask + j / 8;
      V bias[static_cast<std::size_t>(lanes)];
      for (int lane = 0; lane < lanes; ++lane)
        bias[lane] = Access::load(static_cast<const T*>(rows.bias) + j + lane * width);
      for (std::int64_t i = 0; i < count; ++i, x += x_step, y += y_step, mask += mask_step)
        for (int lane = 0; lane < lanes; ++lane) {
          const V v = Access::load(x + lane * width) + bias[lane];
          Access::store(s.forward(v), y + lane * width);
          write_mask(s, v, mask + lane * width / 8);
        }
    }
  }

  struct Row {
    const std::uint8_t* saved;
    const T* dy;
    T* dx;
  };
  static Row row_of(const BackwardRows& rows, std::int64_t i) {
    const std::int64_t step = i * rows.saved_stride * static_cast<std::int64_t>(has_mask ? 1 : sizeof(T));
    return {rows.saved ? static_cast<const std::uint8_t*>(rows.saved) + step : nullptr,
            static_cast<const T*>(rows.dy) + i * rows.dy_stride, static_cast<T*>(rows.dx) + i * rows.dx_stride};
  }

  /// `lanes` lanes of columns from j on, of `part` elements each, and their sums, which stay in registers from the
  /// first row to the last.
  template <int lanes>
  static void backward_columns(const S& s, const BackwardRows& rows, std::int64_t j, std::int64_t part, T* total) {
    V sum[static_cast<std::size_t>(lanes)];
    for (V& lane : sum) lane = V(0);
    for (std::int64_t r = 0; r < rows.rows; ++r) {
      const Row row = row_of(rows, r);
      for (int lane = 0; lane < lanes; ++lane) {
        const std::int64_t i = j + lane * Access::width;
        const V dx = backward_lane(s, row.saved, kernels::load_some<V>(row.dy + i, part), i, part);
        kernels::store_some(dx, row.dx + i, part);
        sum[lane] = sum[lane] + dx;
      }
    }
    for (int lane = 0; lane < lanes; ++lane) kernels::store_some(sum[lane], total + lane * Access::width, part);
  }

  static V backward_lane(const S& s, const std::uint8_t* saved, V dy, std::int64_t i, std::int64_t part) {
    if constexpr (has_mask)
      return s.backward(kernels::mask_at<V>(saved, i, part), dy);
    else if constexpr (S::saves == Saves::nothing)
      return s.derivative(dy) * dy;
    else
      return s.derivative(kernels::load_some<V>(reinterpret_cast<const T*>(saved) + i, part)) * dy;
  }

  // What more than one of the loops above needs is there once: a third of the library is these loops.
  // They take S by value: behind a reference each store of a result could be one of a parameter.
  [[gnu::noinline]] static void forward_row(const S s, const T* x, T* y, std::int64_t n, [[maybe_unused]] bool stream) {
    if constexpr (in_one_loop)
      kernels::map_in_one_loop<V>(x, y, n, [&](V v) { return s.forward(v); });
    else
      kernels::map<V>(x, y, n, stream, [&](V v) { return s.forward(v); });
  }

  static void forward_with_mask(const S& s, const T* x, T* y, std::uint8_t* mask, std::int64_t n) {
    if constexpr (has_mask)
      kernels::map_with_mask<V>(
          x, y, mask, n, [&](V v) { return s.forward(v); }, [&](V v) { return s.fires(v); });
  }

  static void forward_biased(const S& s, const T* x, const T* bias, T* y, std::uint8_t* mask, std::int64_t n) {
    if constexpr (has_mask) {
      if (mask) {
        kernels::map_with_mask<V>(
            x, bias, y, mask, n, [&](V v) { return s.forward(v); }, [&](V v) { return s.fires(v); });
        return;
      }
    }
    kernels::map<V>(x, bias, y, n, [&](V v, V b) { return s.forward(v + b); });
  }

  [[gnu::noinline]] static void backward_row(const S s, const std::uint8_t* saved, const T* dy, T* dx, std::int64_t n) {
    const auto move = [&](std::int64_t i, std::int64_t part) {
      kernels::store_some(backward_lane(s, saved, kernels::load_some<V>(dy + i, part), i, part), dx + i, part);
    };
    std::int64_t i = 0;
    if constexpr (in_one_loop) {
      for (; i < n; i += Access::width) move(i, std::min(Access::width, n - i));
    } else {
      for (; i + Access::width <= n; i += Access::width) move(i, Access::width);
      if (i < n) move(i, n - i);  // not a loop: that made relu's 4096 floats 8 % slower
    }
  }
};

template <class S, class V>
struct RowKindLoops {
  using T = typename kernels::LaneAccess<V>::element;

  static void forward(const void* x, void* y, std::int64_t rows, std::int64_t columns) {
    for (std::int64_t i = 0; i < rows; ++i)
      S::template forward<V>(static_cast<const T*>(x) + i * columns, static_cast<T*>(y) + i * columns, columns);
  }
  static void backward(const void* y, const void* dy, void* dx, std::int64_t rows, std::int64_t columns) {
    for (std::int64_t i = 0; i < rows; ++i)
      S::template backward<V>(static_cast<const T*>(y) + i * columns, static_cast<const T*>(dy) + i * columns,
                              static_cast<T*>(dx) + i * columns, columns);
  }
};

template <class S, class V>
struct ParametricKindLoops {
  using Access = kernels::LaneAccess<V>;
  using T = typename Access::element;

  static void forward(const void* x, const void* slope, bool many_slopes, void* y, std::int64_t n) {
    const S s{};
    const auto* a = static_cast<const T*>(slope);
    const auto* in = static_cast<const T*>(x);
    auto* out = static_cast<T*>(y);
    if (many_slopes) {
      kernels::map<V>(in, a, out, n, [&](V v, V w) { return s.forward(v, w); });
    } else {
      const V w = *a;
      kernels::map<V>(in, out, n, false, [&](V v) { return s.forward(v, w); });
    }
  }

  static void backward(const void* x, const void* slope, bool many_slopes, const void* dy, void* dx, void* dslope,
                       std::int64_t n) {
    const S s{};
    const auto* a = static_cast<const T*>(slope);
    auto* da = static_cast<T*>(dslope);
    const auto* in = static_cast<const T*>(x);
    const auto* dout = static_cast<const T*>(dy);
    auto* din = static_cast<T*>(dx);
    V total = V(0);
    // What lies beyond the row is read as x = 0 and dy = 0, and adds nothing to the sum.
    for (std::int64_t i = 0; i < n; i += Access::width) {
      const std::int64_t part = std::min(Access::width, n - i);
      const V v = Access::load_part(in + i, part), d = Access::load_part(dout + i, part);
      const V w = many_slopes ? Access::load_part(a + i, part) : V(*a);
      const V dw = s.slope_gradient(v, d);
      Access::store_part(s.input_gradient(v, w, d), din + i, part);
      if (many_slopes) {
        Access::store_part(Access::load_part(da + i, part) + dw, da + i, part);
      } else {
        total = total + dw;
      }
    }
    if (!many_slopes) *da += sum(total);
  }
};

/// All loops of S for lanes of V.
template <class S, class V>
constexpr TypeLoops loops_of() {
  TypeLoops loops;
  if constexpr (kind_of<S> == Kind::elementwise) {
    using L = ElementwiseLoops<S, V>;
    loops.elementwise = {L::forward, L::forward_mask, L::backward, L::forward_rows, L::backward_rows};
    if constexpr (L::multiplies) loops.elementwise.forward_product = L::forward_product;
  } else if constexpr (kind_of<S> == Kind::rows) {
    using L = RowKindLoops<S, V>;
    loops.rows = {L::forward, L::backward};
  } else if constexpr (kind_of<S> == Kind::parametric) {
    using L = ParametricKindLoops<S, V>;
    loops.parametric = {L::forward, L::backward};
  }
  return loops;
}

}  // namespace relume::activation
