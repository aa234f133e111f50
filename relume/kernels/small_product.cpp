#include "relume/kernels/small_product.h"

#ifdef RELUME_HAVE_LIBXSMM
#include <libxsmm.h>
#endif

#include <array>
#include <memory>

#include "relume/kernels/cpu.h"

namespace relume::kernels {

#ifdef RELUME_HAVE_LIBXSMM
namespace {

template <class T>
SmallProduct<T> make(const SmallShape& s) {
  const auto m = static_cast<libxsmm_blasint>(s.m), n = static_cast<libxsmm_blasint>(s.n),
             k = static_cast<libxsmm_blasint>(s.k), lda = static_cast<libxsmm_blasint>(s.lda),
             ldb = static_cast<libxsmm_blasint>(s.ldb), ldc = static_cast<libxsmm_blasint>(s.ldc);
  const int flags = s.b_transposed ? LIBXSMM_GEMM_FLAG_TRANS_B : LIBXSMM_GEMM_FLAG_NONE;
  const int prefetch = LIBXSMM_GEMM_PREFETCH_NONE;
  if constexpr (std::is_same_v<T, BFloat16>) {
    if (libxsmm_get_target_archid() < LIBXSMM_X86_AVX512_CPX) return nullptr;
    const int paired = LIBXSMM_GEMM_FLAG_VNNI_A;
    const float alpha = 1, beta = s.add ? 1 : 0;
    // libxsmm has a type of its own for the same bits.
    return reinterpret_cast<SmallProduct<T>>(
        libxsmm_bsmmdispatch(m, n, k, &lda, &ldb, &ldc, &alpha, &beta, &paired, &prefetch));
  } else if constexpr (std::is_same_v<T, float>) {
    const float alpha = 1, beta = s.add ? 1 : 0;
    return libxsmm_smmdispatch(m, n, k, &lda, &ldb, &ldc, &alpha, &beta, &flags, &prefetch);
  } else {
    const double alpha = 1, beta = s.add ? 1 : 0;
    return libxsmm_dmmdispatch(m, n, k, &lda, &ldb, &ldc, &alpha, &beta, &flags, &prefetch);
  }
}

/// Kernels of the shapes that this thread met last, found by a hash; a newer shape takes the place of an older one.
template <class T>
struct Cache {
  struct Slot {
    SmallShape shape;
    SmallProduct<T> kernel = nullptr;
  };
  static constexpr std::size_t size = 256;
  std::array<Slot, size> slots{};

  Slot& slot(const SmallShape& s) {
    // A sum of products with odd numbers whose multiplications do not wait for each other.
    const auto part = [](std::int64_t value, std::uint64_t factor) {
      return static_cast<std::uint64_t>(value) * factor;
    };
    const std::uint64_t sides = part(s.m, 0x9e3779b97f4a7c15u) + part(s.n, 0xbf58476d1ce4e5b9u) +
                                part(s.k, 0x94d049bb133111ebu) + part(s.lda, 0xd6e8feb86659fd93u);
    const std::uint64_t strides = part(s.ldb, 0xa0761d6478bd642fu) + part(s.ldc, 0xe7037ed1a0b428dbu) +
                                  part(s.b_transposed ? 1 : 0, 0x8ebc6af09c88c6e3u) +
                                  part(s.add ? 1 : 0, 0x589965cc75374cc3u);
    return slots[(sides + strides) >> 56];
  }
};

}  // namespace

template <class T>
SmallProduct<T> small_product(const SmallShape& shape) {
  if (level() == Level::baseline) return nullptr;
  thread_local const auto cache = std::make_unique<Cache<T>>();
  auto& slot = cache->slot(shape);
  if (slot.shape != shape) slot = {shape, make<T>(shape)};
  return slot.kernel;
}
#else
template <class T>
SmallProduct<T> small_product(const SmallShape&) {
  return nullptr;
}
#endif

template SmallProduct<float> small_product(const SmallShape&);
template SmallProduct<double> small_product(const SmallShape&);
template SmallProduct<BFloat16> small_product(const SmallShape&);

}  // namespace relume::kernels
