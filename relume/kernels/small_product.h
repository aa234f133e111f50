// Kernels that libxsmm makes at run time for one shape.
#pragma once

#include <cstdint>

namespace relume::kernels {

/// A product as libxsmm sees it, column-major: C[m, n] (+)= A[m, k] B[k, n], B stored transposed or not.
struct SmallShape {
  std::int64_t m = 0, n = 0, k = 0, lda = 0, ldb = 0, ldc = 0;
  bool b_transposed = false, add = false;

  friend bool operator==(const SmallShape&, const SmallShape&) = default;
};

template <class T>
using SmallProduct = void (*)(const T* a, const T* b, T* c, ...);

/// The kernel of that shape, made on the first call and remembered by the thread; null where libxsmm cannot make one:
/// it is not built in, the machine has no AVX2, or memory may not be executed.
template <class T>
SmallProduct<T> small_product(const SmallShape& shape);

}  // namespace relume::kernels
