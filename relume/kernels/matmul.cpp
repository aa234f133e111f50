// How a product flows. C = A B is what this says:
//
//   for i, j:  C[i, j] = Σ_p A[i, p] B[p, j]
//
// matmul() hands large ones to bfloat16 where that is asked for, and otherwise picks the way that takes the least time
// (fastest: as it stands, as the transpose of Bᵀ Aᵀ, or rows with rows). C is cut into tiles (run, run_tiles);
// a column of tiles shares a panel of B, copied where its lines lie badly (panel_at); a tile adds up parts of k
// (blocks), each by a kernel that libxsmm made for its shape, or by the portable one (block). While the tile is in
// cache, the epilogue takes it. product_in_parts() goes by bands of rows instead, each of which is given away when it
// is done.
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
#include "relume/kernels/tiles.h"
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

/// The ways to a product. Any may be computed as the transpose of Bᵀ Aᵀ, where A and the result are copied in place of
/// a transposed B: that pays where B is a weight of more rows than the batch has, and where C has fewer columns than a
/// register. For x Wᵀ rows of x may also meet rows of W as they lie, adding up the lanes of registers.
enum class Way : std::uint8_t { as_it_stands, mirrored, by_rows };

/// Columns that the registers work on for so many of them.
template <class T>
std::int64_t filled(std::int64_t columns) {
  constexpr std::int64_t lane = 64 / static_cast<std::int64_t>(sizeof(T));
  return (columns + lane - 1) / lane * lane;
}

/// The way that takes the least time.
template <class T>
Way fastest(const MatrixView<const T>& a, const MatrixView<const T>& b, bool add) {
  const std::int64_t m = a.rows, n = b.columns, k = a.columns;
  const bool of_rows = b.transposed && !a.transposed;
  if (!of_rows && n >= filled<T>(1)) return Way::as_it_stands;
  const std::int64_t usual = (b.transposed ? n * k * copy_cost : 0) + m * filled<T>(n) * k;
  const std::int64_t turned = ((a.transposed ? 0 : m * k) + m * n) * copy_cost + filled<T>(m) * n * k;
  const std::int64_t rows = of_rows ? m * n * (k + sum_cost) : usual;
  if (!add && turned < std::min(usual, rows)) return Way::mirrored;
  return rows < usual ? Way::by_rows : Way::as_it_stands;
}

/// C by one way. It refers to the views and copies none: a copy of a struct goes through long registers, and waits
/// until the fields that were written just now, one by one, have reached the cache. 64 × 4 × 32 took 190 ns, and 270
/// where views went by value. For the same reason they are handed on by reference.
template <class T>
struct Product {
  const MatrixView<const T>&a, &b;  ///< of a mirrored one already Bᵀ and Aᵀ
  bool add;
  const MatrixView<T>& c;  ///< of a mirrored one the transpose of its result
  const Epilogue* epilogue = nullptr;
  Way way = Way::as_it_stands;
  std::int64_t m = a.rows, n = b.columns, k = a.columns;

  /// Of a tile. The only column of a mirrored product is parted for two threads from one layer of 128 outputs on.
  std::int64_t height() const { return way == Way::mirrored && m <= tile_rows ? tile_rows / 2 : tile_rows; }
  std::int64_t down() const { return (m + height() - 1) / height(); }
  std::int64_t across() const { return (n + tile_columns - 1) / tile_columns; }

  /// C. A product of one tile stays on this thread.
  void run() const {
    if (m <= height() && n <= tile_columns) return tile(0, 0, panel_at(0));
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
    const auto panel = [&](std::int64_t j) { return panel_at(j * tile_columns); };
    const auto tiles = [&](TileBand band, std::int64_t begin, std::int64_t end) {
      for_each_tile(band, begin, end, panel, [&](std::int64_t i, std::int64_t j, const MatrixView<const T>& from) {
        tile(i * height(), j * tile_columns, from);
      });
    };
    if (threads == 1) {
      tiles({0, rows}, 0, all);
    } else if ((!b.transposed || way == Way::mirrored) && share(rows) * across() == share(all)) {
      parallel_for(rows, share(rows), [&](std::int64_t begin, std::int64_t end) {
        tiles({begin, end}, 0, (end - begin) * across());
      });
    } else {
      parallel_for(all, share(all), [&](std::int64_t begin, std::int64_t end) { tiles({0, rows}, begin, end); });
    }
  }

  /// Rows of C.
  struct Band {
    std::int64_t begin, end;
  };

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
    if (!is_crowded()) return {b.at(0, j), b.stride, tile_columns};
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

  MatrixView<const T> panel_of(const Columns& from, std::int64_t j, std::int64_t columns) const {
    return {from.data + j / tile_columns * from.step, k, columns, from.stride};
  }

  void band(Band rows, std::int64_t j, std::int64_t columns, const Columns& from,
            FunctionRef<void(const T*, std::int64_t, std::int64_t)> take) const {
    thread_local Scratch memory;
    const std::int64_t height = rows.end - rows.begin;
    T* values = memory.get<T>(height * columns);
    for (std::int64_t i = 0; i < columns; i += tile_columns)
      blocks(rows.begin, panel_of(from, i, std::min(tile_columns, columns - i)),
             {values + i, height, std::min(tile_columns, columns - i), columns});
    if (columns == n) return take(values, rows.begin * n, height * n);
    for (std::int64_t r = 0; r < height; ++r) take(values + r * columns, (rows.begin + r) * n + j, columns);
  }

  /// Columns of B: as they lie where rows meet rows, in this thread's scratch where B is transposed otherwise: it is in
  /// the nearest caches when the tiles under it need it. So are columns for many rows of A whose lines would push each
  /// other out of the nearest cache, where all have the same place.
  MatrixView<const T> panel_at(std::int64_t j) const {
    const std::int64_t columns = std::min(tile_columns, n - j);
    if (way == Way::by_rows || (!b.transposed && !is_crowded())) return b.block(0, j, k, columns);
    T* copy = scratch().get<T>(tile_columns * k);
    if (b.transposed)
      transpose(b.at(0, j), columns, k, b.stride, copy, tile_columns);
    else
      copy_panel(j, copy);
    return {copy, k, columns, tile_columns};
  }

  bool is_crowded() const { return m > tile_rows && b.stride * static_cast<std::int64_t>(sizeof(T)) % page_bytes == 0; }

  void copy_panel(std::int64_t j, T* copy) const {
    for (std::int64_t p = 0; p < k; ++p)
      std::copy_n(b.at(p, j), std::min(tile_columns, n - j), copy + p * tile_columns);
  }

  void tile(std::int64_t i, std::int64_t j, const MatrixView<const T>& panel) const {
    const std::int64_t rows = std::min(height(), m - i), columns = std::min(tile_columns, n - j);
    if (way == Way::mirrored) return mirrored_tile(i, j, rows, panel);
    const MatrixView<T> out{c.data + i * c.stride + j, rows, columns, c.stride};
    if (epilogue && taken_whole(panel, {i, j, rows, columns, out.data, out.stride})) return;
    if (way == Way::by_rows)
      row_product<T>()(a.block(i, 0, rows, k), panel, add, c.block(i, j, rows, columns));
    else
      blocks(i, panel, out);
    if (epilogue) epilogue->call(epilogue->context, {i, j, rows, columns, out.data, out.stride});
  }

  /// Whether the epilogue computed the tile on its own.
  bool taken_whole(const MatrixView<const T>& panel, const Tile& place) const {
    if (!epilogue->product || way == Way::by_rows || add || a.transposed || parts() != 1 ||
        portable.load(std::memory_order_relaxed))
      return false;
    return epilogue->product(epilogue->context, {k, a.at(place.row, 0), a.stride, panel.data, panel.stride}, place);
  }

  void mirrored_tile(std::int64_t i, std::int64_t j, std::int64_t rows, const MatrixView<const T>& panel) const {
    thread_local Scratch turned;
    T* tile = turned.get<T>(tile_rows * tile_columns);
    const std::int64_t columns = std::min(tile_columns, n - j);
    blocks(i, panel, {tile, rows, columns, tile_columns});
    const std::int64_t at_once = epilogue ? turned_rows : columns;
    for (std::int64_t first = 0; first < columns; first += at_once) {
      const std::int64_t count = std::min(at_once, columns - first);
      T* out = c.at(j + first, i);
      transpose(tile + first, rows, count, tile_columns, out, c.stride);
      if (epilogue) epilogue->call(epilogue->context, {j + first, i, count, rows, out, c.stride});
    }
  }

  /// Parts of about `depth` that k is taken in; a short rest joins the last one.
  std::int64_t parts() const { return std::max<std::int64_t>(1, (k + depth / 2) / depth); }

  /// The tile from row i on, a part after the other.
  void blocks(std::int64_t i, const MatrixView<const T>& panel, const MatrixView<T>& out) const {
    if (k == 0 && !add)
      for (std::int64_t r = 0; r < out.rows; ++r) std::fill_n(out.data + r * out.stride, out.columns, T(0));
    const std::int64_t step = parts() == 1 ? k : (k + parts() - 1) / parts();
    for (std::int64_t p = 0; p < k; p += step)
      block({out.columns, out.rows, std::min(step, k - p), panel.stride, a.stride, out.stride, a.transposed,
             add || p > 0},
            a.at(i, p), panel.data + p * panel.stride, out.data);
  }

  static void block(const SmallShape& shape, const T* left, const T* right, T* out) {
    if (!portable.load(std::memory_order_relaxed))
      if (const auto kernel = small_product<T>(shape)) {
        kernel(right, left, out);
        leave_wide_registers();
        return;
      }
    const MatrixTable& table = RELUME_CHOOSE_TABLE(matrix_table);
    const auto multiply = [&] {
      if constexpr (sizeof(T) == sizeof(float))
        return table.product_float;
      else
        return table.product_double;
    }();
    multiply({left, shape.n, shape.k, shape.ldb, shape.b_transposed}, {right, shape.k, shape.m, shape.lda}, shape.add,
             {out, shape.n, shape.m, shape.ldc});
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
void matmul(const MatrixView<const T>& a, const MatrixView<const T>& b, T beta, const MatrixView<T>& c,
            const Epilogue* epilogue) {
  if (c.rows <= 0 || c.columns <= 0) return;
  if constexpr (std::is_same_v<T, float>)
    if (is_rounded<T>(c.rows * c.columns * a.columns)) return bf16_matmul(a, b, beta, c, epilogue);
  const bool add = beta != T(0);
  const Way way = fastest(a, b, add);
  if (way == Way::mirrored)
    Product<T>{b.t(), a.t(), add, c, epilogue, way}.run();
  else
    Product<T>{a, b, add, c, epilogue, way}.run();
}

template <class T>
void product_in_parts(const MatrixView<const T>& a, const MatrixView<const T>& b,
                      FunctionRef<void(const T*, std::int64_t, std::int64_t)> take) {
  const std::int64_t m = a.columns, n = b.columns;
  if (m <= 0 || n <= 0) return;
  if (is_rounded<T>(m * n * a.rows)) {
    Scratch whole;
    T* c = whole.get<T>(m * n);
    matmul<T>(a.t(), b, T(0), {c, m, n, n});
    return take(c, 0, m * n);
  }
  if (fastest(a.t(), b, false) != Way::mirrored)
    return Product<T>{a.t(), b, false, {nullptr, m, n, n}}.run_in_bands(take);
  thread_local Scratch narrow;
  T* c = narrow.get<T>(m * n);
  Product<T>{b.t(), a, false, {c, m, n, n}, nullptr, Way::mirrored}.run();
  take(c, 0, m * n);
}

template void product_in_parts(const MatrixView<const float>&, const MatrixView<const float>&,
                               FunctionRef<void(const float*, std::int64_t, std::int64_t)>);
template void product_in_parts(const MatrixView<const double>&, const MatrixView<const double>&,
                               FunctionRef<void(const double*, std::int64_t, std::int64_t)>);

template void matmul(const MatrixView<const float>&, const MatrixView<const float>&, float, const MatrixView<float>&,
                     const Epilogue*);
template void matmul(const MatrixView<const double>&, const MatrixView<const double>&, double,
                     const MatrixView<double>&, const Epilogue*);

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
