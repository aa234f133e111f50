// Keeps the kernels that libxsmm made: a product asks for its shape each time, and a shape is made once.
#include "relume/kernels/small_product.h"

#ifdef RELUME_HAVE_LIBXSMM
#include <libxsmm.h>
#endif

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <memory>

#include "relume/kernels/cpu.h"
#include "relume/kernels/xsmm_calls.h"

namespace relume::kernels {

#ifdef RELUME_HAVE_LIBXSMM
namespace {

/// Set where memory for a kernel's code was refused: libxsmm would give what it then made to the next who asks.
std::atomic<bool> no_more_kernels{false};

template <class T>
SmallProduct<T> make_by_libxsmm(const SmallShape& s) {
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

template <class T>
SmallProduct<T> make(const SmallShape& s) {
  if (no_more_kernels) return nullptr;
  const SmallProduct<T> made = make_by_libxsmm<T>(s);
  if (!code_was_refused()) return made;
  no_more_kernels = true;
  return nullptr;
}

/// A shape in few words, which are compared and hashed with few instructions.
struct Key {
  std::uint64_t sides = 0, strides = 0, rest = 0;

  Key() = default;
  explicit Key(const SmallShape& s)
      : sides(joined(s.m, s.n) | (s.b_transposed ? top : 0)),
        strides(joined(s.lda, s.ldb) | (s.add ? top : 0)),
        rest(joined(s.ldc, s.k)) {}
  friend bool operator==(const Key& a, const Key& b) {
    return ((a.sides ^ b.sides) | (a.strides ^ b.strides) | (a.rest ^ b.rest)) == 0;
  }
  std::uint64_t hash() const {
    return sides * 0x9e3779b97f4a7c15u + strides * 0xbf58476d1ce4e5b9u + rest * 0x94d049bb133111ebu;
  }

 private:
  static constexpr std::uint64_t top = std::uint64_t{1} << 63;
  static std::uint64_t joined(std::int64_t a, std::int64_t b) {
    return static_cast<std::uint64_t>(a) | static_cast<std::uint64_t>(b) << 32;
  }
};

/// Kernels of the shapes that this thread met last, found by a hash that four may share: of a network's eight shapes
/// two would have the same place among 256 in one network of ten, and their kernels be made anew in each step.
template <class T>
class Cache {
 public:
  SmallProduct<T> find(const SmallShape& shape) {
    const Key key(shape);
    Set& set = sets_[key.hash() >> 58];
    for (const Slot& slot : set.slots)
      if (slot.key == key) return slot.kernel;
    Slot& slot = set.slots[set.next++ % ways];
    slot = {key, make<T>(shape)};
    return slot.kernel;
  }

 private:
  static constexpr std::size_t ways = 4;
  struct Slot {
    Key key;
    SmallProduct<T> kernel = nullptr;
  };
  struct Set {
    std::array<Slot, ways> slots{};
    std::size_t next = 0;
  };

  std::array<Set, 64> sets_{};
};

/// This thread's, held by a pointer beside the owner: asking an owner whether it was made takes as long as a look-up.
template <class T>
Cache<T>& cache() {
  thread_local constinit Cache<T>* made = nullptr;
  if (!made) {
    thread_local const auto owner = std::make_unique<Cache<T>>();
    made = owner.get();
  }
  return *made;
}

/// Whether libxsmm can count that far.
bool fits(const SmallShape& s) {
  const std::int64_t most = std::numeric_limits<std::int32_t>::max();
  return std::max(s.lda, std::max(s.ldb, s.ldc)) <= most;
}

}  // namespace

template <class T>
SmallProduct<T> small_product(const SmallShape& shape) {
  if (level() == Level::baseline || !fits(shape)) return nullptr;
  return cache<T>().find(shape);
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
