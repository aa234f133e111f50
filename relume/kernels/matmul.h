// Public. Products of row-major matrices on plain memory.
#pragma once

#include <cstdint>

#include "relume/base/function_ref.h"
#include "relume/kernels/matrix_view.h"

namespace relume::kernels {

/// A part of a product's result C: C[row … row + rows, column … column + columns], which begins at `data`. `column` is
/// a multiple of 64.
struct Tile {
  std::int64_t row = 0;
  std::int64_t column = 0;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  void* data = nullptr;
  std::int64_t stride = 0;
};

/// What a tile is the product of, row-major: A [rows, depth], B [depth, columns].
struct TileProduct {
  std::int64_t depth = 0;
  const void* a = nullptr;
  std::int64_t a_stride = 0;
  const void* b = nullptr;
  std::int64_t b_stride = 0;
};

/// Called on each finished tile of C while it is in cache, once for every element, maybe on several threads at a time.
struct Epilogue {
  void (*call)(const void* context, const Tile& tile) = nullptr;
  const void* context = nullptr;
  /// Null, or instead of `call` on a tile that nothing was written to yet: computes it too, and takes its elements
  /// while they are in registers. False where it has no way to do so for such a tile.
  bool (*product)(const void* context, const TileProduct& product, const Tile& tile) = nullptr;
};

/// C = beta C + A B with A [m, k], B [k, n], C [m, n], of which A and B may be transposed; T is float or double.
/// beta is 0 (C need not be initialised) or 1. C overlaps neither A nor B. The result does not depend on the number of
/// threads. RELUME_MATMUL=portable keeps it off libxsmm.
template <class T>
void matmul(const MatrixView<const T>& a, const MatrixView<const T>& b, T beta, const MatrixView<T>& c,
            const Epilogue* epilogue = nullptr);

/// C = Aᵀ B with A [k, m], B [k, n], neither transposed in memory, for somebody who needs C but once: take(values,
/// first, count) is given the elements [first, first + count) of the row-major C [m, n] while they are in the nearest
/// caches. Each comes once, maybe on several threads at a time. The same bits as matmul's, without room for C.
template <class T>
void product_in_parts(const MatrixView<const T>& a, const MatrixView<const T>& b,
                      FunctionRef<void(const T* values, std::int64_t first, std::int64_t count)> take);

/// What float32 operands of a product may be rounded to on the way; sums and results are float32 always.
enum class MatmulPrecision : std::uint8_t {
  highest,  ///< nothing
  medium,   ///< bfloat16, where the machine multiplies it faster: has_bf16_matmul(), and products that are worth it
};

/// Holds for this thread's calls from now on. PyTorch's function of that name holds for all threads.
void set_float32_matmul_precision(MatmulPrecision precision);
MatmulPrecision float32_matmul_precision();

/// Whether `medium` makes a difference here: libxsmm, and an AVX512-BF16 that is faster than float32.
bool has_bf16_matmul();

/// That precision for as long as it lives.
class MatmulPrecisionScope {
 public:
  explicit MatmulPrecisionScope(MatmulPrecision precision) : before_(float32_matmul_precision()) {
    set_float32_matmul_precision(precision);
  }
  ~MatmulPrecisionScope() { set_float32_matmul_precision(before_); }
  MatmulPrecisionScope(const MatmulPrecisionScope&) = delete;
  MatmulPrecisionScope& operator=(const MatmulPrecisionScope&) = delete;

 private:
  MatmulPrecision before_;
};

/// For tests: true keeps the products on the portable kernel, false allows libxsmm again.
void force_portable_matmul(bool portable);

/// "libxsmm" or "portable": what products of T go through now.
const char* matmul_backend();

}  // namespace relume::kernels
