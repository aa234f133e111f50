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

std::atomic<bool>& portable() {
  static std::atomic<bool> portable{[] {
    const char* wanted = std::getenv("RELUME_MATMUL");
    return wanted && std::string_view(wanted) == "portable";
  }()};
  return portable;
}

/// The tiles that C is computed in. A panel of B (tile columns × depth) is reused from the nearest caches by all rows
/// of a tile. GFLOP/s on a Zen 4 core with a peak of 117, for x Wᵀ, dy W and dyᵀ x:
///
///   rows columns depth    64 × 784 → 512     64 × 512 → 256    128 × 1024 → 1024
///    128    64    256    105   116   114    105   117   113    101   109   107
///     64    64    256    106   116   112    105   117   113    102   110   108
///    256    64    256    106   116   114    105   117   113    102   109   108
///    128   128    256    105   116   113    104   117   114    103   109   108
///    128    64    128    104   114   114    104   115   113     98   107   107
///    128    64    512    105   115   110    106   117   113     99   101   101
constexpr std::int64_t tile_rows = 128;
constexpr std::int64_t tile_columns = 64;
constexpr std::int64_t depth = 256;

/// What costs time in x Wᵀ beside its multiplications, counted in multiplications: adding up the lanes of a register
/// for each element of C where rows meet rows, and copying an element of W where it is transposed. By measurement on
/// 1 × 784 → 512 … 128 × 1024 → 10; where the two come out even, so do the times.
constexpr std::int64_t sum_cost = 90;
constexpr std::int64_t copy_cost = 5;

/// Multiplications that are worth a thread: some 40 µs, so that a thread that comes late, as others keep the core busy,
/// costs little of what it saves.
constexpr std::int64_t work_per_thread = std::int64_t{2} << 20;

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

  std::int64_t down() const { return (m + tile_rows - 1) / tile_rows; }
  std::int64_t across() const { return (n + tile_columns - 1) / tile_columns; }
  /// Rows of A meet rows of B as they lie, where that is faster than to transpose B and to fill registers with columns
  /// of C.
  bool by_rows() const {
    constexpr std::int64_t lane = 64 / static_cast<std::int64_t>(sizeof(T));
    const std::int64_t filled = (n + lane - 1) / lane * lane;
    return b_transposed && !a_transposed && m * n * (k + sum_cost) < n * k * copy_cost + m * filled * k;
  }

  /// Tiles [begin, end), counted down the columns of tiles.
  void tiles(std::int64_t begin, std::int64_t end) const {
    Panel panel{b, ldb};
    for (std::int64_t t = begin; t < end; ++t) {
      const std::int64_t j = t / down() * tile_columns;
      if (!by_rows() && (t == begin || t % down() == 0)) panel = panel_at(j);
      tile(t % down() * tile_rows, j, panel);
    }
  }

 private:
  /// Columns of op(B), row-major.
  struct Panel {
    const T* data;
    std::int64_t stride;
  };

  /// Transposed where B is, in this thread's scratch: it is in the nearest caches when the tiles under it need it.
  Panel panel_at(std::int64_t j) const {
    if (!b_transposed) return {b + j, ldb};
    T* copy = scratch().get<T>(tile_columns * k);
    transpose(b + j * ldb, std::min(tile_columns, n - j), k, ldb, copy, tile_columns);
    return {copy, tile_columns};
  }

  void tile(std::int64_t i, std::int64_t j, const Panel& panel) const {
    const std::int64_t rows = std::min(tile_rows, m - i), columns = std::min(tile_columns, n - j);
    T* out = c + i * ldc + j;
    if (k == 0 && !add) {
      for (std::int64_t r = 0; r < rows; ++r) std::fill_n(out + r * ldc, columns, T(0));
    } else if (by_rows()) {
      row_product<T>()(rows, columns, k, a + i * lda, lda, b + j * ldb, ldb, add, out, ldc);
    } else {
      blocks(i, rows, columns, panel, out);
    }
    if (epilogue) epilogue->call(epilogue->context, i, i + rows, j, j + columns, out, ldc);
  }

  /// The tile in parts of about `depth`; a short rest of k joins the last one.
  void blocks(std::int64_t i, std::int64_t rows, std::int64_t columns, const Panel& panel, T* out) const {
    const std::int64_t parts = std::max<std::int64_t>(1, (k + depth / 2) / depth);
    const std::int64_t step = (k + parts - 1) / parts;
    for (std::int64_t p = 0; p < k; p += step)
      block(rows, columns, std::min(step, k - p), a_transposed ? a + p * lda + i : a + i * lda + p,
            panel.data + p * panel.stride, panel.stride, add || p > 0, out);
  }

  void block(std::int64_t rows, std::int64_t columns, std::int64_t length, const T* from_a, const T* from_b,
             std::int64_t b_stride, bool accumulate, T* out) const {
    if (!portable().load(std::memory_order_relaxed))
      if (const auto kernel = small_product<T>({columns, rows, length, b_stride, lda, ldc, a_transposed, accumulate})) {
        kernel(from_b, from_a, out);
        return;
      }
    const std::int64_t a_row = a_transposed ? 1 : lda, a_column = a_transposed ? lda : 1;
    if constexpr (sizeof(T) == sizeof(float)) {
      matrix_table().product_float(rows, columns, length, from_a, a_row, a_column, from_b, b_stride, accumulate, out,
                                   ldc);
    } else {
      matrix_table().product_double(rows, columns, length, from_a, a_row, a_column, from_b, b_stride, accumulate, out,
                                    ldc);
    }
  }
};

}  // namespace

template <class T>
void matmul(Transpose a_transposed, Transpose b_transposed, std::int64_t m, std::int64_t n, std::int64_t k, const T* a,
            std::int64_t lda, const T* b, std::int64_t ldb, T beta, T* c, std::int64_t ldc, const Epilogue* epilogue) {
  if (m <= 0 || n <= 0) return;
  if constexpr (std::is_same_v<T, float>)
    if (precision() == MatmulPrecision::medium && m * n * k >= bf16_work && has_bf16_matmul())
      return bf16_matmul(a_transposed, b_transposed, m, n, k, a, lda, b, ldb, beta, c, ldc, epilogue);
  const Product<T> product{a_transposed == Transpose::yes,
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
  const std::int64_t tiles = product.down() * product.across();
  if (tiles == 1) return product.tiles(0, 1);
  const std::int64_t work = std::min(m, tile_rows) * std::min(n, tile_columns) * std::max<std::int64_t>(k, 1);
  parallel_for(tiles, (work_per_thread + work - 1) / work,
               [&](std::int64_t begin, std::int64_t end) { product.tiles(begin, end); });
}

template void matmul(Transpose, Transpose, std::int64_t, std::int64_t, std::int64_t, const float*, std::int64_t,
                     const float*, std::int64_t, float, float*, std::int64_t, const Epilogue*);
template void matmul(Transpose, Transpose, std::int64_t, std::int64_t, std::int64_t, const double*, std::int64_t,
                     const double*, std::int64_t, double, double*, std::int64_t, const Epilogue*);

void set_float32_matmul_precision(MatmulPrecision wanted) { precision() = wanted; }

MatmulPrecision float32_matmul_precision() { return precision(); }

bool has_bf16_matmul() { return !portable().load(std::memory_order_relaxed) && bf16_matmul_available(); }

void force_portable_matmul(bool value) { portable().store(value, std::memory_order_relaxed); }

const char* matmul_backend() {
  return !portable() && small_product<float>({16, 16, 16, 16, 16, 16, false, false}) ? "libxsmm" : "portable";
}

}  // namespace relume::kernels
