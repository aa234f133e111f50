#include "relume/kernels/matmul.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <string_view>
#include <type_traits>

#include "relume/base/parallel.h"
#include "relume/kernels/bf16_matmul.h"
#include "relume/kernels/cpu.h"
#include "relume/kernels/matrix_table.h"
#include "relume/kernels/row_product.h"
#include "relume/kernels/scratch.h"
#include "relume/kernels/small_product.h"
#include "relume/kernels/transpose.h"

namespace relume::kernels {
namespace {

bool wants_portable() {
  const char* wanted = std::getenv("RELUME_MATMUL");
  return wanted && std::string_view(wanted) == "portable";
}

std::atomic<bool> portable{wants_portable()};  // NOLINT(cert-err58-cpp): nothing of it throws

/// The tiles that C is computed in. A panel of B (tile columns × depth) is reused from the nearest caches by all rows
/// of a tile. `./dev bench matmul` on a Zen 4 core with a peak of 117 GFLOP/s, for x Wᵀ (by a transposed W), dy W and
/// dyᵀ x, and on an Emerald Rapids core with one of 179, for dy W and dyᵀ x:
///
///   rows columns depth    64 × 784 → 512          64 × 512 → 256         128 × 1024 → 1024
///    128    64    256    105 116 114  164 161   105 117 113  162 153   101 109 107  150 152
///     64    64    256    106 116 112  164 147   105 117 113  171 154   102 110 108  132 138
///    256    64    256    106 116 114  164 168   105 117 113  172 169   102 109 108  140 153
///    128   128    256    105 116 113            104 117 114            103 109 108
///    128    64    128    104 114 114  161 164   104 115 113  154 158    98 107 107  144 153
///    128    64    512    105 115 110  169 161   106 117 113  168 165    99 101 101  100 147
constexpr std::int64_t tile_rows = 128;
constexpr std::int64_t tile_columns = 64;
constexpr std::int64_t depth = 256;

/// What costs time in x Wᵀ beside its multiplications, counted in multiplications: adding up the lanes of a register
/// for each element of C where rows meet rows, and copying an element where something is transposed. Between what was
/// measured on Zen 4 (90 and 5) and on Emerald Rapids (180 and 20), which multiplies twice as fast.
constexpr std::int64_t sum_cost = 120;
constexpr std::int64_t copy_cost = 12;

/// Lines at this distance have the same place in a nearest cache, which holds 8 or 12 of them.
constexpr std::int64_t page_bytes = 4096;

/// Rows of a mirrored result that are turned before the epilogue takes them, so that it finds them in the nearest
/// cache. Those of a whole tile are not all there any more, the less so as another thread writes to the same rows: a
/// step of 784-512-256-10 with SGD took 661, 648, 649, 650 µs on two threads by 64, 32, 16, 8 rows, and 1161, 1156,
/// 1153, 1157 on one.
constexpr std::int64_t turned_rows = 16;

/// Multiplications that are worth a thread: some 40 µs, so that a thread that comes late, as others keep the core busy,
/// costs little of what it saves.
constexpr std::int64_t work_per_thread = std::int64_t{2} << 20;

/// Rows of C that are computed before they are handed over. libxsmm's kernels for float add up alike for any number of
/// rows from 16 up, those for double do not. A step of 784-512-256-10 with Adam took 1252, 1257, 1253, 1267 µs with
/// 16, 32, 64, 128 rows, and 1385 with all of C first; long runs of a row are what the hardware reads ahead.
template <class T>
constexpr std::int64_t band_rows = sizeof(T) == sizeof(float) ? 32 : tile_rows;
constexpr std::int64_t band_bytes = std::int64_t{256} << 10;
/// All of such a C stays near: fewer calls count for more.
constexpr std::int64_t small_bytes = std::int64_t{16} << 10;
/// Of the columns of B that all bands meet one after the other.
constexpr std::int64_t columns_bytes = std::int64_t{1} << 20;

/// What is done with an element of C that is handed over, counted in multiplications.
constexpr std::int64_t taking_cost = 32;

/// Multiplications from which on a product through bfloat16 saves more than rounding the operands costs.
constexpr std::int64_t bf16_work = std::int64_t{1} << 18;

MatmulPrecision& precision() {
  thread_local MatmulPrecision precision = MatmulPrecision::highest;
  return precision;
}

Scratch& scratch() {
  thread_local Scratch scratch;
  return scratch;
}

template <class T>
struct Product {
  bool a_transposed, b_transposed;
  std::int64_t m, n, k;
  const T* a;
  std::int64_t lda;
  const T* b;
  std::int64_t ldb;
  bool add;
  T* c;
  std::int64_t ldc;
  const Epilogue* epilogue;
  bool by_rows = false;   ///< rows of A meet rows of B
  bool mirrored = false;  ///< c is the transposed result

  /// Of a tile. The only column of a mirrored product is parted for two threads from one layer of 128 outputs on.
  std::int64_t height() const { return mirrored && m <= tile_rows ? tile_rows / 2 : tile_rows; }
  std::int64_t down() const { return (m + height() - 1) / height(); }
  std::int64_t across() const { return (n + tile_columns - 1) / tile_columns; }

  /// The way to the same product that takes the least time. Any may be computed as the transpose of op(B)ᵀ op(A)ᵀ,
  /// where op(A) and the result are copied in place of a transposed B: that pays where B is a weight of more rows than
  /// the batch has, and where C has fewer columns than a register. For x Wᵀ rows of x may also meet rows of W as they
  /// lie, adding up the lanes of registers.
  Product fastest() const {
    const bool of_rows = b_transposed && !a_transposed;
    if (!of_rows && n >= filled(1)) return *this;
    const std::int64_t usual = (b_transposed ? n * k * copy_cost : 0) + m * filled(n) * k;
    const std::int64_t turned = ((a_transposed ? 0 : m * k) + m * n) * copy_cost + filled(m) * n * k;
    const std::int64_t rows = of_rows ? m * n * (k + sum_cost) : usual;
    Product result = *this;
    if (!add && turned < std::min(usual, rows)) {
      result = {!b_transposed, !a_transposed, n, m, k, b, ldb, a, lda, add, c, ldc, epilogue};
      result.mirrored = true;
    } else {
      result.by_rows = rows < usual;
    }
    return result;
  }

  /// C. A product of one tile stays on this thread.
  void run() const {
    if (m <= height() && n <= tile_columns) return tile(0, 0, by_rows ? Panel{b, ldb} : panel_at(0));
    const std::int64_t work = std::min(m, height()) * std::min(n, tile_columns) * std::max<std::int64_t>(k, 1);
    run_tiles((work_per_thread + work - 1) / work);
  }

  /// C in bands of rows, shared among threads; `c` is not used.
  void run_in_bands(FunctionRef<void(const T*, std::int64_t, std::int64_t)> take) const {
    const bool small = m * n * static_cast<std::int64_t>(sizeof(T)) <= small_bytes;
    if (small && m <= tile_rows) return band({0, m}, 0, n, columns_at(0, n), take);
    const std::int64_t rows = small ? tile_rows : band_rows<T>, in_tile = tile_rows / rows;
    const std::int64_t last_tile = (m - 1) / tile_rows;
    const std::int64_t bands = last_tile * in_tile + std::max<std::int64_t>(1, (m - last_tile * tile_rows) / rows);
    const std::int64_t work = std::min(m, rows) * n * (k + taking_cost);
    static std::atomic<std::uint64_t> products{0};
    const std::uint64_t product = ++products;
    parallel_for(bands, (work_per_thread + work - 1) / work, [&](std::int64_t begin, std::int64_t end) {
      // What is left of a tile joins its last band.
      const auto end_of = [&](std::int64_t t) { return t + 1 == bands ? m : (t + 1) * rows; };
      for (std::int64_t j = 0; j < n; j += width_in_cache()) {
        const std::int64_t columns = std::min(width_in_cache(), n - j);
        const Columns from = columns_at(j, columns, product);
        for (std::int64_t t = begin; t < end; ++t) band({t * rows, end_of(t)}, j, columns, from, take);
      }
    });
  }

 private:
  /// All tiles, shared among threads that get at least `grain` each. They take columns where panels are made of a
  /// weight, so that each is made once; otherwise bands of rows if that is as even, and so the same part of a weight as
  /// the optimizer will give to the thread, whose core has it near.
  void run_tiles(std::int64_t grain) const {
    const std::int64_t rows = down(), all = rows * across();
    const std::int64_t threads = std::clamp<std::int64_t>(all / grain, 1, num_threads());
    const auto share = [threads](std::int64_t count) { return (count + threads - 1) / threads; };
    if (threads == 1) {
      tiles({0, rows}, 0, all);
    } else if ((!b_transposed || mirrored) && share(rows) * across() == share(all)) {
      parallel_for(rows, share(rows), [&](std::int64_t begin, std::int64_t end) {
        tiles({begin, end}, 0, (end - begin) * across());
      });
    } else {
      parallel_for(all, share(all), [&](std::int64_t begin, std::int64_t end) { tiles({0, rows}, begin, end); });
    }
  }

  /// Rows of C, or of tiles.
  struct Band {
    std::int64_t begin, end;
  };

  /// The tiles [begin, end) of a band, counted down its columns.
  void tiles(Band band, std::int64_t begin, std::int64_t end) const {
    const std::int64_t rows = band.end - band.begin;
    Panel panel{b, ldb};
    for (std::int64_t t = begin; t < end; ++t) {
      const std::int64_t j = t / rows * tile_columns;
      if (!by_rows && (t == begin || t % rows == 0)) panel = panel_at(j);
      tile((band.begin + t % rows) * height(), j, panel);
    }
  }

  /// Columns of a band for which B and C stay in the second cache.
  std::int64_t width_in_cache() const {
    constexpr auto size = static_cast<std::int64_t>(sizeof(T));
    const std::int64_t width =
        std::min(band_bytes / size / band_rows<T>, columns_bytes / size / std::max(k, std::int64_t{1}));
    return std::max(width / tile_columns, std::int64_t{1}) * tile_columns;
  }

  /// Columns of B in panels of tile_columns, one `step` after the other.
  struct Columns {
    const T* data;
    std::int64_t stride, step;
  };

  /// A thread that takes several pieces of the same product, which has a number, copies them once.
  Columns columns_at(std::int64_t j, std::int64_t columns, std::uint64_t product = 0) const {
    if (!is_crowded()) return {b + j, ldb, tile_columns};
    thread_local Scratch memory;
    thread_local std::uint64_t held_product = 0;
    thread_local std::int64_t held_column = 0;
    T* copy = memory.get<T>((columns + tile_columns) * k);
    if (product == 0 || product != held_product || j != held_column)
      for (std::int64_t i = 0; i < columns; i += tile_columns) copy_panel(j + i, copy + i * k);
    held_product = product;
    held_column = j;
    return {copy, tile_columns, tile_columns * k};
  }

  void band(Band rows, std::int64_t j, std::int64_t columns, const Columns& from,
            FunctionRef<void(const T*, std::int64_t, std::int64_t)> take) const {
    thread_local Scratch memory;
    const std::int64_t height = rows.end - rows.begin;
    T* values = memory.get<T>(height * columns);
    for (std::int64_t i = 0; i < columns; i += tile_columns)
      blocks(rows.begin, height, std::min(tile_columns, columns - i),
             {from.data + i / tile_columns * from.step, from.stride}, values + i, columns);
    if (columns == n) return take(values, rows.begin * n, height * n);
    for (std::int64_t r = 0; r < height; ++r) take(values + r * columns, (rows.begin + r) * n + j, columns);
  }

  /// Columns of op(B), row-major.
  struct Panel {
    const T* data;
    std::int64_t stride;
  };

  /// Columns that the registers work on for so many of them.
  static std::int64_t filled(std::int64_t columns) {
    constexpr std::int64_t lane = 64 / static_cast<std::int64_t>(sizeof(T));
    return (columns + lane - 1) / lane * lane;
  }

  /// In this thread's scratch where B is transposed: it is in the nearest caches when the tiles under it need it. So
  /// are columns for many rows of A whose lines would push each other out of the nearest cache, where all have the same
  /// place.
  Panel panel_at(std::int64_t j) const {
    if (!b_transposed && !is_crowded()) return {b + j, ldb};
    T* copy = scratch().get<T>(tile_columns * k);
    if (b_transposed)
      transpose(b + j * ldb, std::min(tile_columns, n - j), k, ldb, copy, tile_columns);
    else
      copy_panel(j, copy);
    return {copy, tile_columns};
  }

  bool is_crowded() const { return m > tile_rows && ldb * static_cast<std::int64_t>(sizeof(T)) % page_bytes == 0; }

  void copy_panel(std::int64_t j, T* copy) const {
    for (std::int64_t p = 0; p < k; ++p)
      std::copy_n(b + p * ldb + j, std::min(tile_columns, n - j), copy + p * tile_columns);
  }

  void tile(std::int64_t i, std::int64_t j, const Panel& panel) const {
    const std::int64_t rows = std::min(height(), m - i), columns = std::min(tile_columns, n - j);
    if (mirrored) return mirrored_tile(i, j, rows, columns, panel);
    T* out = c + i * ldc + j;
    if (taken_whole(i, j, rows, columns, panel, out)) return;
    if (by_rows)
      row_product<T>()(rows, columns, k, a + i * lda, lda, b + j * ldb, ldb, add, out, ldc);
    else
      blocks(i, rows, columns, panel, out, ldc);
    if (epilogue) epilogue->call(epilogue->context, i, i + rows, j, j + columns, out, ldc);
  }

  /// Whether the epilogue computed the tile on its own.
  bool taken_whole(std::int64_t i, std::int64_t j, std::int64_t rows, std::int64_t columns, const Panel& panel,
                   T* out) const {
    if (!epilogue || !epilogue->product || by_rows || add || a_transposed || parts() != 1 ||
        portable.load(std::memory_order_relaxed))
      return false;
    return epilogue->product(epilogue->context, {k, a + i * lda, lda, panel.data, panel.stride}, i, i + rows, j,
                             j + columns, out, ldc);
  }

  void mirrored_tile(std::int64_t i, std::int64_t j, std::int64_t rows, std::int64_t columns,
                     const Panel& panel) const {
    thread_local Scratch turned;
    T* tile = turned.get<T>(tile_rows * tile_columns);
    blocks(i, rows, columns, panel, tile, tile_columns);
    const std::int64_t at_once = epilogue ? turned_rows : columns;
    for (std::int64_t first = 0; first < columns; first += at_once) {
      const std::int64_t count = std::min(at_once, columns - first), row = j + first;
      T* out = c + row * ldc + i;
      transpose(tile + first, rows, count, tile_columns, out, ldc);
      if (epilogue) epilogue->call(epilogue->context, row, row + count, i, i + rows, out, ldc);
    }
  }

  /// Parts of about `depth` that k is taken in; a short rest joins the last one.
  std::int64_t parts() const { return std::max<std::int64_t>(1, (k + depth / 2) / depth); }

  /// The tile, a part after the other.
  void blocks(std::int64_t i, std::int64_t rows, std::int64_t columns, const Panel& panel, T* out,
              std::int64_t stride) const {
    if (k == 0 && !add)
      for (std::int64_t r = 0; r < rows; ++r) std::fill_n(out + r * stride, columns, T(0));
    const std::int64_t step = parts() == 1 ? k : (k + parts() - 1) / parts();
    for (std::int64_t p = 0; p < k; p += step)
      block(rows, columns, std::min(step, k - p), a_transposed ? a + p * lda + i : a + i * lda + p,
            panel.data + p * panel.stride, panel.stride, add || p > 0, out, stride);
  }

  void block(std::int64_t rows, std::int64_t columns, std::int64_t length, const T* from_a, const T* from_b,
             std::int64_t b_stride, bool accumulate, T* out, std::int64_t stride) const {
    if (!portable.load(std::memory_order_relaxed))
      if (const auto kernel =
              small_product<T>({columns, rows, length, b_stride, lda, stride, a_transposed, accumulate})) {
        kernel(from_b, from_a, out);
        leave_wide_registers();
        return;
      }
    const std::int64_t a_row = a_transposed ? 1 : lda, a_column = a_transposed ? lda : 1;
    if constexpr (sizeof(T) == sizeof(float)) {
      matrix_table().product_float(rows, columns, length, from_a, a_row, a_column, from_b, b_stride, accumulate, out,
                                   stride);
    } else {
      matrix_table().product_double(rows, columns, length, from_a, a_row, a_column, from_b, b_stride, accumulate, out,
                                    stride);
    }
  }
};

/// Whether a product of so many multiplications goes through bfloat16.
template <class T>
bool is_rounded(std::int64_t multiplications) {
  return std::is_same_v<T, float> && multiplications >= bf16_work && precision() == MatmulPrecision::medium &&
         has_bf16_matmul();
}

}  // namespace

template <class T>
void matmul(Transpose a_transposed, Transpose b_transposed, std::int64_t m, std::int64_t n, std::int64_t k, const T* a,
            std::int64_t lda, const T* b, std::int64_t ldb, T beta, T* c, std::int64_t ldc, const Epilogue* epilogue) {
  if (m <= 0 || n <= 0) return;
  if constexpr (std::is_same_v<T, float>)
    if (is_rounded<T>(m * n * k))
      return bf16_matmul(a_transposed, b_transposed, m, n, k, a, lda, b, ldb, beta, c, ldc, epilogue);
  const Product<T> given{a_transposed == Transpose::yes,
                         b_transposed == Transpose::yes,
                         m,
                         n,
                         k,
                         a,
                         lda,
                         b,
                         ldb,
                         beta != T(0),
                         c,
                         ldc,
                         epilogue};
  given.fastest().run();
}

template <class T>
void product_in_parts(std::int64_t m, std::int64_t n, std::int64_t k, const T* a, std::int64_t lda, const T* b,
                      std::int64_t ldb, FunctionRef<void(const T*, std::int64_t, std::int64_t)> take) {
  if (m <= 0 || n <= 0) return;
  if (is_rounded<T>(m * n * k)) {
    Scratch whole;
    T* c = whole.get<T>(m * n);
    matmul<T>(Transpose::yes, Transpose::no, m, n, k, a, lda, b, ldb, T(0), c, n);
    return take(c, 0, m * n);
  }
  const Product<T> given{true, false, m, n, k, a, lda, b, ldb, false, nullptr, n, nullptr};
  Product<T> product = given.fastest();
  if (!product.mirrored) return given.run_in_bands(take);
  thread_local Scratch narrow;
  product.c = narrow.get<T>(m * n);
  product.run();
  take(product.c, 0, m * n);
}

template void product_in_parts(std::int64_t, std::int64_t, std::int64_t, const float*, std::int64_t, const float*,
                               std::int64_t, FunctionRef<void(const float*, std::int64_t, std::int64_t)>);
template void product_in_parts(std::int64_t, std::int64_t, std::int64_t, const double*, std::int64_t, const double*,
                               std::int64_t, FunctionRef<void(const double*, std::int64_t, std::int64_t)>);

template void matmul(Transpose, Transpose, std::int64_t, std::int64_t, std::int64_t, const float*, std::int64_t,
                     const float*, std::int64_t, float, float*, std::int64_t, const Epilogue*);
template void matmul(Transpose, Transpose, std::int64_t, std::int64_t, std::int64_t, const double*, std::int64_t,
                     const double*, std::int64_t, double, double*, std::int64_t, const Epilogue*);

void set_float32_matmul_precision(MatmulPrecision wanted) { precision() = wanted; }

MatmulPrecision float32_matmul_precision() { return precision(); }

bool has_bf16_matmul() {
  static const bool pays = bf16_matmul_pays();
  return pays && !portable.load(std::memory_order_relaxed) && bf16_matmul_available();
}

void force_portable_matmul(bool value) { portable.store(value, std::memory_order_relaxed); }

const char* matmul_backend() {
  return !portable && small_product<float>({16, 16, 16, 16, 16, 16, false, false}) ? "libxsmm" : "portable";
}

}  // namespace relume::kernels
