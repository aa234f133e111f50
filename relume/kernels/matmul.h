// Public. Products of row-major matrices on plain memory.
#pragma once

#include <cstdint>

#include "relume/base/function_ref.h"

namespace relume::kernels {

enum class Transpose : bool { no, yes };

/// A product of row-major matrices: A [rows, depth], B [depth, columns].
struct TileProduct {
  std::int64_t depth = 0;
  const void* a = nullptr;
  std::int64_t lda = 0;
  const void* b = nullptr;
  std::int64_t ldb = 0;
};

/// Called on each finished tile of C while it is in cache, once for every element, maybe on several threads at a time:
/// call(context, row_begin, row_end, column_begin, column_end, address of C[row_begin, column_begin], ldc).
/// column_begin is a multiple of 64.
struct Epilogue {
  void (*call)(const void* context, std::int64_t row_begin, std::int64_t row_end, std::int64_t column_begin,
               std::int64_t column_end, void* tile, std::int64_t ldc) = nullptr;
  const void* context = nullptr;
  /// Null, or instead of `call` on a tile that nothing was written to yet: computes it too, and takes its elements
  /// while they are in registers. False where it has no way to do so for such a tile.
  bool (*product)(const void* context, const TileProduct& product, std::int64_t row_begin, std::int64_t row_end,
                  std::int64_t column_begin, std::int64_t column_end, void* tile, std::int64_t ldc) = nullptr;
};

/// C = beta C + op(A) op(B) with op(A) [m, k], op(B) [k, n], C [m, n]; T is float or double.
/// lda, ldb, ldc: elements from one row in memory to the next (of A as stored: [k, m] where it is transposed).
/// beta is 0 (C need not be initialised) or 1. C overlaps neither A nor B. The result does not depend on the number of
/// threads. RELUME_MATMUL=portable keeps it off libxsmm.
template <class T>
void matmul(Transpose a_transposed, Transpose b_transposed, std::int64_t m, std::int64_t n, std::int64_t k, const T* a,
            std::int64_t lda, const T* b, std::int64_t ldb, T beta, T* c, std::int64_t ldc,
            const Epilogue* epilogue = nullptr);

/// C = Aᵀ B with A [k, m], B [k, n], for somebody who needs C but once: take(values, first, count) is given the
/// elements [first, first + count) of the row-major C [m, n] while they are in the nearest caches. Each comes once,
/// maybe on several threads at a time. The same bits as matmul's, without room for C.
template <class T>
void product_in_parts(std::int64_t m, std::int64_t n, std::int64_t k, const T* a, std::int64_t lda, const T* b,
                      std::int64_t ldb,
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
