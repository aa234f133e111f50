// Products of float32 matrices whose elements are rounded to bfloat16 on the way.
#pragma once

#include "relume/kernels/matmul.h"

namespace relume::kernels {

/// Whether the machine has AVX512-BF16 and libxsmm makes kernels for it.
bool bf16_matmul_available();

/// matmul<float>, with A and B rounded to bfloat16 (to nearest, ties to even) and sums in float32.
void bf16_matmul(Transpose a_transposed, Transpose b_transposed, std::int64_t m, std::int64_t n, std::int64_t k,
                 const float* a, std::int64_t lda, const float* b, std::int64_t ldb, float beta, float* c,
                 std::int64_t ldc, const Epilogue* epilogue);

}  // namespace relume::kernels
