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

/// Kernels of the shapes that this thread met last, found by a hash that four may share: of a network's eight shapes two
/// would have the same place among 256 in one network of ten, and their kernels be made anew in each step.
template <class T>
class Cache {
 public:
  SmallProduct<T> find(const SmallShape& s) {
    Set& set = sets_[hash(s) >> 58];
    for (const Slot& slot : set.slots)
      if (slot.shape == s) return slot.kernel;
    Slot& slot = set.slots[set.next++ % ways];
    slot = {s, make<T>(s)};
    return slot.kernel;
  }

 private:
  static constexpr std::size_t ways = 4;
  struct Slot {
    SmallShape shape;
    SmallProduct<T> kernel = nullptr;
  };
  struct Set {
    std::array<Slot, ways> slots{};
    std::size_t next = 0;
  };

  /// Few sides are so large that they would meet others in a word.
  static std::uint64_t hash(const SmallShape& s) {
    const auto joined = [](std::int64_t a, std::int64_t b, std::int64_t c) {
      return static_cast<std::uint64_t>(a) + (static_cast<std::uint64_t>(b) << 20) +
             (static_cast<std::uint64_t>(c) << 40);
    };
    const std::uint64_t flags = (s.b_transposed ? 1 : 0) + (s.add ? 2 : 0);
    return (joined(s.m, s.n, s.k) + flags * 0x94d049bb133111ebu) * 0x9e3779b97f4a7c15u +
           joined(s.lda, s.ldb, s.ldc) * 0xbf58476d1ce4e5b9u;
  }

  std::array<Set, 64> sets_{};
};

}  // namespace

template <class T>
SmallProduct<T> small_product(const SmallShape& shape) {
  if (level() == Level::baseline) return nullptr;
  thread_local const auto cache = std::make_unique<Cache<T>>();
  return cache->find(shape);
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
