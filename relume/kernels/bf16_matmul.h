// Private. Products of float32 matrices whose elements are rounded to bfloat16 on the way.
#pragma once

#include "relume/kernels/matmul.h"

namespace relume::kernels {

/// Whether the machine has AVX512-BF16 and libxsmm makes kernels for it.
bool bf16_matmul_available();

/// Whether that is faster than float32 on this machine. Zen 4 multiplies twice as fast (a step of 784-1024-1024-10
/// takes 0.59 of the time); Intel's cores half as fast: an Emerald Rapids core reaches 86 GFLOP/s by VDPBF16PS and 178
/// by FMA, and libxsmm 1.17 makes no kernels for AMX.
bool bf16_matmul_pays();

/// matmul<float>, with A and B rounded to bfloat16 (to nearest, ties to even) and sums in float32.
void bf16_matmul(const MatrixView<const float>& a, const MatrixView<const float>& b, float beta,
                 const MatrixView<float>& c, const Epilogue* epilogue);

}  // namespace relume::kernels
