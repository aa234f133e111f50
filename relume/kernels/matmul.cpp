#include "relume/kernels/matmul.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <string_view>

#include "relume/base/parallel.h"
#include "relume/base/pool.h"
#include "relume/kernels/cpu.h"
#include "relume/kernels/matrix_table.h"
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

/// The tiles that C is computed in, by measurement on 64-256-784 … 128-1024-1024.
/// A panel of B (tile columns × depth) is reused from the nearest caches by all rows of a tile.
constexpr std::int64_t tile_rows = 128;
constexpr std::int64_t tile_columns = 64;
constexpr std::int64_t depth = 256;

/// Multiplications that are worth a thread.
constexpr std::int64_t work_per_thread = 512 * 1024;

/// Memory of this thread that is reused from call to call.
class Scratch {
 public:
  ~Scratch() {
    if (block_) pool::deallocate(block_, bytes_);
  }
  void* get(std::size_t bytes) {
    if (bytes > bytes_) {
      if (block_) pool::deallocate(block_, bytes_);
      block_ = nullptr, bytes_ = 0;
      block_ = pool::allocate(bytes);
      bytes_ = bytes;
    }
    return block_;
  }

 private:
  void* block_ = nullptr;
  std::size_t bytes_ = 0;
};

Scratch& scratch() {
  thread_local Scratch scratch;
  return scratch;
}

/// A product whose B is row-major, either as it came or as panels of tile_columns columns.
template <class T>
struct Product {
  bool a_transposed;
  std::int64_t m, n, k;
  const T* a;
  std::int64_t lda;
  const T* b;
  std::int64_t ldb;           // within a panel
  std::int64_t panel_stride;  // from one panel of B to the next
  bool add;
  T* c;
  std::int64_t ldc;
  const Epilogue* epilogue;

  void tile(std::int64_t i, std::int64_t j) const {
    const std::int64_t rows = std::min(tile_rows, m - i), columns = std::min(tile_columns, n - j);
    T* out = c + i * ldc + j;
    // A short rest of k joins the last part.
    const std::int64_t parts = std::max<std::int64_t>(1, (k + depth / 2) / depth);
    const std::int64_t step = (k + parts - 1) / parts;
    const T* panel = b + j / tile_columns * panel_stride;
    if (k == 0 && !add)
      for (std::int64_t r = 0; r < rows; ++r) std::fill_n(out + r * ldc, columns, T(0));
    for (std::int64_t p = 0; p < k; p += step)
      block(rows, columns, std::min(step, k - p), a_transposed ? a + p * lda + i : a + i * lda + p, panel + p * ldb,
            add || p > 0, out);
    if (epilogue) epilogue->call(epilogue->context, i, i + rows, j, j + columns, out, ldc);
  }

  void block(std::int64_t rows, std::int64_t columns, std::int64_t length, const T* from_a, const T* from_b,
             bool accumulate, T* out) const {
    if (!portable().load(std::memory_order_relaxed))
      if (const auto kernel = small_product<T>({columns, rows, length, ldb, lda, ldc, a_transposed, accumulate})) {
        kernel(from_b, from_a, out);
        return;
      }
    const std::int64_t a_row = a_transposed ? 1 : lda, a_column = a_transposed ? lda : 1;
    if constexpr (sizeof(T) == sizeof(float)) {
      matrix_table().product_float(rows, columns, length, from_a, a_row, a_column, from_b, ldb, accumulate, out, ldc);
    } else {
      matrix_table().product_double(rows, columns, length, from_a, a_row, a_column, from_b, ldb, accumulate, out, ldc);
    }
  }
};

/// Wᵀ, W being [n, k], as panels [n / tile_columns][k][tile_columns].
template <class T>
const T* transposed_panels(const T* w, std::int64_t n, std::int64_t k, std::int64_t ldw) {
  const std::int64_t panels = (n + tile_columns - 1) / tile_columns;
  T* out = static_cast<T*>(scratch().get(static_cast<std::size_t>(panels * tile_columns * k) * sizeof(T)));
  parallel_for(panels, std::max<std::int64_t>(1, work_per_thread / 8 / (tile_columns * std::max<std::int64_t>(k, 1))),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t panel = begin; panel < end; ++panel) {
                   const std::int64_t j = panel * tile_columns;
                   transpose(w + j * ldw, std::min(tile_columns, n - j), k, ldw, out + j * k, tile_columns);
                 }
               });
  return out;
}

}  // namespace

template <class T>
void matmul(Transpose a_transposed, Transpose b_transposed, std::int64_t m, std::int64_t n, std::int64_t k, const T* a,
            std::int64_t lda, const T* b, std::int64_t ldb, T beta, T* c, std::int64_t ldc, const Epilogue* epilogue) {
  if (m <= 0 || n <= 0) return;
  Product<T> product{
      a_transposed == Transpose::yes, m, n, k, a, lda, b, ldb, tile_columns, beta != T(0), c, ldc, epilogue};
  if (b_transposed == Transpose::yes && k > 0) {
    product.b = transposed_panels(b, n, k, ldb);
    product.ldb = tile_columns;
    product.panel_stride = tile_columns * k;
  }
  if (m <= tile_rows && n <= tile_columns) return product.tile(0, 0);
  const std::int64_t down = (m + tile_rows - 1) / tile_rows, across = (n + tile_columns - 1) / tile_columns;
  const std::int64_t work = std::min(m, tile_rows) * std::min(n, tile_columns) * std::max<std::int64_t>(k, 1);
  parallel_for(down * across, (work_per_thread + work - 1) / work, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t t = begin; t < end; ++t) product.tile(t % down * tile_rows, t / down * tile_columns);
  });
}

template void matmul(Transpose, Transpose, std::int64_t, std::int64_t, std::int64_t, const float*, std::int64_t,
                     const float*, std::int64_t, float, float*, std::int64_t, const Epilogue*);
template void matmul(Transpose, Transpose, std::int64_t, std::int64_t, std::int64_t, const double*, std::int64_t,
                     const double*, std::int64_t, double, double*, std::int64_t, const Epilogue*);

void force_portable_matmul(bool value) { portable().store(value, std::memory_order_relaxed); }

const char* matmul_backend() {
  return !portable() && small_product<float>({16, 16, 16, 16, 16, 16, false, false}) ? "libxsmm" : "portable";
}

}  // namespace relume::kernels
