#include "relume/activation/entry.h"

#include <algorithm>
#include <array>
#include <vector>

#include "relume/base/parallel.h"
#include "relume/base/require.h"
#include "relume/kernels/cpu.h"
#include "relume/kernels/half_conversion.h"

namespace relume::activation {
namespace {

/// Elements that are worth a thread.
constexpr std::int64_t grain = std::int64_t{64} << 10;

/// Elements of 16-bit floats that are converted at a time; a multiple of 8, for masks.
constexpr std::int64_t block = 512;

template <class T>
const T* at(const void* p, std::int64_t i) {
  return static_cast<const T*>(p) + i;
}
template <class T>
T* at(void* p, std::int64_t i) {
  return static_cast<T*>(p) + i;
}

const TypeLoops& loops_of(const Entry& entry, DType dtype) {
  const LevelLoops& loops = *entry.levels[static_cast<std::size_t>(kernels::level())];
  return dtype == DType::float64 ? loops.float64 : loops.float32;
}

void check_dtype(const Entry& entry, bool supported, DType dtype) {
  require<DTypeError>(supported, "{}: {} is not among the dtypes that it works on here", entry.info.name, name(dtype));
}

void check_kind(const Entry& entry, Kind kind, const char* what) {
  require<Error>(entry.kind == kind, "{}: has no {}", entry.info.name, what);
}

/// Calls body(begin, end) on parts of [0, n) whose bounds are multiples of 64, so that no two share a byte of a mask.
template <class F>
void parallel_for_bytes(std::int64_t n, F body) {
  if (n <= grain) return body(std::int64_t{0}, n);
  parallel_for((n + 63) / 64, grain / 64,
               [&](std::int64_t begin, std::int64_t end) { body(begin * 64, std::min(end * 64, n)); });
}

/// y = f(x) on 16-bit floats by blocks of float32: f(x, y, first element, count).
template <class Storage, class F>
void through_float(const void* x, void* y, std::int64_t begin, std::int64_t end, F f) {
  float values[block];
  for (std::int64_t i = begin; i < end; i += block) {
    const std::int64_t n = std::min(block, end - i);
    kernels::to_float(at<Storage>(x, i), values, n);
    f(values, i, n);
    kernels::from_float(values, at<Storage>(y, i), n);
  }
}

/// Calls f.operator()<Storage>() for float16 and bfloat16.
template <class F>
void visit_half(DType dtype, F f) {
  if (dtype == DType::float16) return f.template operator()<Half>();
  f.template operator()<BFloat16>();
}

bool is_half(DType dtype) { return dtype == DType::float16 || dtype == DType::bfloat16; }

}  // namespace

double Entry::scalar(double x, const double* values) const {
  require<Error>(scalar_value, "{}: has no value at a single number", info.name);
  return scalar_value(x, values);
}

double Entry::derivative(double x, const double* values) const {
  require<Error>(scalar_derivative, "{}: has no derivative at a single number", info.name);
  return scalar_derivative(x, values);
}

void Entry::forward(DType dtype, const void* x, void* y, std::int64_t n, const double* values) const {
  check_kind(*this, Kind::elementwise, "elementwise form");
  check_dtype(*this, supports(dtype), dtype);
  const auto size = static_cast<std::int64_t>(size_of(dtype));
  if (is_integral(dtype)) return integer_forward(dtype, x, y, n, values);
  const auto loop = loops_of(*this, dtype).elementwise.forward;
  const bool stream = x != y && static_cast<std::size_t>(n * size) > kernels::last_level_cache_bytes();
  parallel_for_bytes(n, [&](std::int64_t begin, std::int64_t end) {
    if (!is_half(dtype)) {
      loop(at<char>(x, begin * size), at<char>(y, begin * size), end - begin, values, stream);
    } else {
      visit_half(dtype, [&]<class Storage>() {
        through_float<Storage>(x, y, begin, end,
                               [&](float* v, std::int64_t, std::int64_t count) { loop(v, v, count, values, false); });
      });
    }
  });
}

void Entry::forward_mask(DType dtype, const void* x, void* y, std::uint8_t* mask, std::int64_t n,
                         const double* values) const {
  require<Error>(saves == Saves::mask, "{}: its backward pass needs no mask", info.name);
  check_dtype(*this, is_floating(dtype), dtype);
  const auto size = static_cast<std::int64_t>(size_of(dtype));
  const auto loop = loops_of(*this, dtype).elementwise.forward_mask;
  parallel_for_bytes(n, [&](std::int64_t begin, std::int64_t end) {
    if (!is_half(dtype)) {
      loop(at<char>(x, begin * size), at<char>(y, begin * size), mask + begin / 8, end - begin, values);
    } else {
      visit_half(dtype, [&]<class Storage>() {
        through_float<Storage>(x, y, begin, end, [&](float* v, std::int64_t i, std::int64_t count) {
          loop(v, v, mask + i / 8, count, values);
        });
      });
    }
  });
}

void Entry::backward(DType dtype, const void* saved, const void* dy, void* dx, std::int64_t n,
                     const double* values) const {
  check_kind(*this, Kind::elementwise, "elementwise form");
  check_dtype(*this, is_floating(dtype), dtype);
  const auto size = static_cast<std::int64_t>(size_of(dtype));
  const auto loop = loops_of(*this, dtype).elementwise.backward;
  const auto saved_at = [&](std::int64_t i) -> const void* {
    if (saves == Saves::nothing) return nullptr;
    return at<char>(saved, saves == Saves::mask ? i / 8 : i * size);
  };
  parallel_for_bytes(n, [&](std::int64_t begin, std::int64_t end) {
    if (!is_half(dtype)) {
      loop(saved_at(begin), at<char>(dy, begin * size), at<char>(dx, begin * size), end - begin, values);
    } else {
      visit_half(dtype, [&]<class Storage>() {
        through_float<Storage>(dy, dx, begin, end, [&](float* v, std::int64_t i, std::int64_t count) {
          float wide_saved[block];
          const bool widened = saves == Saves::output || saves == Saves::input;
          if (widened) kernels::to_float(at<Storage>(saved, i), wide_saved, count);
          loop(widened ? wide_saved : saved_at(i), v, v, count, values);
        });
      });
    }
  });
}

void Entry::forward_rows(DType dtype, const ForwardRows& rows, const double* values) const {
  check_kind(*this, Kind::elementwise, "elementwise form");
  check_dtype(*this, dtype == DType::float32 || dtype == DType::float64, dtype);
  const auto size = static_cast<std::int64_t>(size_of(dtype));
  const auto loop = loops_of(*this, dtype).elementwise.forward_rows;
  if (rows.rows * rows.columns <= grain) return loop(rows, values);
  parallel_for(rows.rows, grain / std::max<std::int64_t>(rows.columns, 1), [&](std::int64_t begin, std::int64_t end) {
    ForwardRows part = rows;
    part.x = at<char>(rows.x, begin * rows.x_stride * size);
    part.y = at<char>(rows.y, begin * rows.y_stride * size);
    if (rows.mask) part.mask = rows.mask + begin * rows.mask_stride;
    part.rows = end - begin;
    loop(part, values);
  });
}

void Entry::backward_rows(DType dtype, const BackwardRows& rows, const double* values) const {
  check_kind(*this, Kind::elementwise, "elementwise form");
  check_dtype(*this, dtype == DType::float32 || dtype == DType::float64, dtype);
  const auto size = static_cast<std::int64_t>(size_of(dtype));
  const auto loop = loops_of(*this, dtype).elementwise.backward_rows;
  if (rows.rows * rows.columns <= grain) return loop(rows, values);
  // Split by columns: each sum is then added up by one thread, from the first row to the last.
  parallel_for((rows.columns + 63) / 64, grain / 64 / std::max<std::int64_t>(rows.rows, 1),
               [&](std::int64_t begin, std::int64_t end) {
                 begin *= 64;
                 BackwardRows part = rows;
                 part.columns = std::min(end * 64, rows.columns) - begin;
                 if (rows.saved) part.saved = at<char>(rows.saved, saves == Saves::mask ? begin / 8 : begin * size);
                 part.dy = at<char>(rows.dy, begin * size);
                 part.dx = at<char>(rows.dx, begin * size);
                 if (rows.column_sum) part.column_sum = at<char>(rows.column_sum, begin * size);
                 loop(part, values);
               });
}

void Entry::forward_softmax_rows(DType dtype, const void* x, void* y, std::int64_t rows, std::int64_t columns) const {
  check_kind(*this, Kind::rows, "row form");
  check_dtype(*this, dtype == DType::float32 || dtype == DType::float64, dtype);
  const auto step = columns * static_cast<std::int64_t>(size_of(dtype));
  const auto loop = loops_of(*this, dtype).rows.forward;
  parallel_for(rows, grain / 8 / std::max<std::int64_t>(columns, 1), [&](std::int64_t begin, std::int64_t end) {
    loop(at<char>(x, begin * step), at<char>(y, begin * step), end - begin, columns);
  });
}

void Entry::backward_softmax_rows(DType dtype, const void* y, const void* dy, void* dx, std::int64_t rows,
                                  std::int64_t columns) const {
  check_kind(*this, Kind::rows, "row form");
  check_dtype(*this, dtype == DType::float32 || dtype == DType::float64, dtype);
  const auto step = columns * static_cast<std::int64_t>(size_of(dtype));
  const auto loop = loops_of(*this, dtype).rows.backward;
  parallel_for(rows, grain / 8 / std::max<std::int64_t>(columns, 1), [&](std::int64_t begin, std::int64_t end) {
    loop(at<char>(y, begin * step), at<char>(dy, begin * step), at<char>(dx, begin * step), end - begin, columns);
  });
}

void Entry::forward_parametric(DType dtype, const void* x, const void* slope, std::int64_t slopes, void* y,
                               std::int64_t outer, std::int64_t channels, std::int64_t inner) const {
  check_kind(*this, Kind::parametric, "learned slope");
  check_dtype(*this, dtype == DType::float32 || dtype == DType::float64, dtype);
  const auto size = static_cast<std::int64_t>(size_of(dtype));
  const auto loop = loops_of(*this, dtype).parametric.forward;
  if (slopes == 1) {
    parallel_for(outer * channels * inner, grain, [&](std::int64_t begin, std::int64_t end) {
      loop(at<char>(x, begin * size), slope, false, at<char>(y, begin * size), end - begin);
    });
    return;
  }
  const bool one_each = inner == 1;
  const std::int64_t parts = one_each ? outer : outer * channels, length = one_each ? channels : inner;
  parallel_for(parts, grain / std::max<std::int64_t>(length, 1), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const void* a = one_each ? slope : at<char>(slope, i % channels * size);
      loop(at<char>(x, i * length * size), a, one_each, at<char>(y, i * length * size), length);
    }
  });
}

namespace {

/// Pieces of one channel each, in memory order; every slope's gradient is then added up from them in that order, in
/// double precision, so that it does not depend on the number of threads.
template <class T>
void backward_in_pieces(const ParametricLoops& loops, const T* x, const T* slope, std::int64_t slopes, const T* dy,
                        T* dx, T* dslope, std::int64_t outer, std::int64_t channels, std::int64_t inner) {
  constexpr std::int64_t piece = 1024;
  const std::int64_t length = slopes == 1 ? outer * channels * inner : inner;
  const std::int64_t parts = slopes == 1 ? 1 : outer * channels;
  const std::int64_t pieces = (length + piece - 1) / piece;
  const auto channel_of = [&](std::int64_t index) { return slopes == 1 ? 0 : index / pieces % channels; };
  std::vector<T> sums(static_cast<std::size_t>(parts * pieces), T(0));
  parallel_for(parts * pieces, grain / piece, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t inside = i % pieces * piece, from = i / pieces * length + inside;
      loops.backward(x + from, slope + channel_of(i), false, dy + from, dx + from, &sums[static_cast<std::size_t>(i)],
                     std::min(piece, length - inside));
    }
  });
  std::vector<double> total(static_cast<std::size_t>(slopes), 0.0);
  for (std::int64_t i = 0; i < parts * pieces; ++i)
    total[static_cast<std::size_t>(channel_of(i))] += static_cast<double>(sums[static_cast<std::size_t>(i)]);
  for (std::int64_t i = 0; i < slopes; ++i) dslope[i] = static_cast<T>(total[static_cast<std::size_t>(i)]);
}

/// One slope a column: threads share the columns, each adds its own up from the first row to the last.
template <class T>
void backward_by_columns(const ParametricLoops& loops, const T* x, const T* slope, const T* dy, T* dx, T* dslope,
                         std::int64_t rows, std::int64_t columns) {
  std::fill_n(dslope, columns, T(0));
  parallel_for((columns + 63) / 64, grain / 64 / std::max<std::int64_t>(rows, 1),
               [&](std::int64_t begin, std::int64_t end) {
                 const std::int64_t first = begin * 64, count = std::min(end * 64, columns) - first;
                 for (std::int64_t at = first; at < rows * columns; at += columns)
                   loops.backward(x + at, slope + first, true, dy + at, dx + at, dslope + first, count);
               });
}

}  // namespace

void Entry::backward_parametric(DType dtype, const void* x, const void* slope, std::int64_t slopes, const void* dy,
                                void* dx, void* dslope, std::int64_t outer, std::int64_t channels,
                                std::int64_t inner) const {
  check_kind(*this, Kind::parametric, "learned slope");
  check_dtype(*this, dtype == DType::float32 || dtype == DType::float64, dtype);
  const ParametricLoops& loops = loops_of(*this, dtype).parametric;
  const auto run = [&]<class T>() {
    if (slopes == 1 || inner != 1) {
      backward_in_pieces(loops, at<T>(x, 0), at<T>(slope, 0), slopes, at<T>(dy, 0), at<T>(dx, 0), at<T>(dslope, 0),
                         outer, channels, inner);
      return;
    }
    backward_by_columns(loops, at<T>(x, 0), at<T>(slope, 0), at<T>(dy, 0), at<T>(dx, 0), at<T>(dslope, 0), outer,
                        channels);
  };
  if (dtype == DType::float64) {
    run.template operator()<double>();
  } else {
    run.template operator()<float>();
  }
}

kernels::Epilogue FusedForward::epilogue() const {
  kernels::Epilogue result{.context = this};
  result.call = [](const void* context, const kernels::Tile& tile) {
    const auto& fused = *static_cast<const FusedForward*>(context);
    loops_of(*fused.entry, fused.dtype).elementwise.forward_rows(fused.rows(tile), fused.parameters);
  };
  if (!y && loops_of(*entry, dtype).elementwise.forward_product)
    result.product = [](const void* context, const kernels::TileProduct& product, const kernels::Tile& tile) {
      const auto& fused = *static_cast<const FusedForward*>(context);
      const auto loop = loops_of(*fused.entry, fused.dtype).elementwise.forward_product;
      return loop(product, fused.rows(tile), fused.parameters);
    };
  return result;
}

ForwardRows FusedForward::rows(const kernels::Tile& tile) const {
  const auto size = static_cast<std::int64_t>(size_of(dtype));
  ForwardRows rows;
  rows.x = tile.data;
  rows.x_stride = tile.stride;
  if (bias) rows.bias = at<char>(bias, tile.column * size);
  rows.y = y ? at<char>(y, (tile.row * y_stride + tile.column) * size) : tile.data;
  rows.y_stride = y ? y_stride : tile.stride;
  if (mask) rows.mask = mask + tile.row * mask_stride + tile.column / 8;
  rows.mask_stride = mask_stride;
  rows.rows = tile.rows;
  rows.columns = tile.columns;
  return rows;
}

}  // namespace relume::activation
