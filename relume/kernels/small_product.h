// Private. Kernels that libxsmm makes at run time for one shape.
#pragma once

#include <cstdint>
#include <type_traits>

#include "relume/base/half.h"
#include "relume/kernels/cpu.h"

namespace relume::kernels {

/// A product as libxsmm sees it, column-major: C[m, n] (+)= A[m, k] B[k, n], B stored transposed or not.
struct SmallShape {
  std::int64_t m = 0, n = 0, k = 0, lda = 0, ldb = 0, ldc = 0;
  bool b_transposed = false, add = false;
};

/// Of bfloat16 the sums are float32.
template <class T>
using SmallProduct = void (*)(const T* a, const T* b, std::conditional_t<std::is_same_v<T, BFloat16>, float, T>* c,
                              ...);

/// The kernel of that shape, made on the first call and remembered by the thread; null where libxsmm cannot make one:
/// it is not built in, the machine has no AVX2 (for bfloat16: no AVX512-BF16), memory may not be executed, or a stride
/// is beyond 2³¹. T is float, double or BFloat16; A of bfloat16 is [k / 2, m] pairs of neighbours along k, B is not
/// transposed.
template <class T>
SmallProduct<T> small_product(const SmallShape& shape);

/// To be called after such a kernel. It leaves the upper halves of vector registers in use, and each SSE instruction
/// that follows would wait for what is in them: 1.2 of the 15 µs of a small network's step.
inline void leave_wide_registers() {
#if RELUME_X86
  asm volatile("vzeroupper" ::
                   : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
                     "xmm12", "xmm13", "xmm14", "xmm15");
#endif
}

}  // namespace relume::kernels
