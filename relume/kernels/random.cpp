#include "relume/kernels/random.h"

#include "relume/kernels/random_table.h"

namespace relume::kernels {

void philox_blocks(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::uint32_t* out,
                   std::int64_t blocks) {
  RELUME_CHOOSE_TABLE(random_table).philox_blocks(seed, stream, first, out, blocks);
}

template <class T>
void keep_mask(const std::uint32_t* bits, std::uint32_t threshold, T scale, T* keep, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) keep[i] = bits[i] >= threshold ? scale : T{0};
}

template void keep_mask(const std::uint32_t*, std::uint32_t, float, float*, std::int64_t);
template void keep_mask(const std::uint32_t*, std::uint32_t, double, double*, std::int64_t);

}  // namespace relume::kernels
