#include "relume/kernels/random_table.h"

namespace relume::kernels::RELUME_TARGET {
namespace {

// Blocks side by side, one a lane, so that the compiler turns each line of a round into SIMD.
constexpr int lanes = 16;

void philox_lanes(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::uint32_t (&c)[4][lanes]) {
  for (int i = 0; i < lanes; ++i) {
    const std::uint64_t counter = first + static_cast<std::uint64_t>(i);
    c[0][i] = static_cast<std::uint32_t>(counter);
    c[1][i] = static_cast<std::uint32_t>(counter >> 32);
    c[2][i] = static_cast<std::uint32_t>(stream);
    c[3][i] = static_cast<std::uint32_t>(stream >> 32);
  }
  auto key0 = static_cast<std::uint32_t>(seed), key1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < lanes; ++i) {
      const std::uint64_t p0 = std::uint64_t{0xd2511f53u} * c[0][i];
      const std::uint64_t p1 = std::uint64_t{0xcd9e8d57u} * c[2][i];
      c[0][i] = static_cast<std::uint32_t>(p1 >> 32) ^ c[1][i] ^ key0;
      c[1][i] = static_cast<std::uint32_t>(p1);
      c[2][i] = static_cast<std::uint32_t>(p0 >> 32) ^ c[3][i] ^ key1;
      c[3][i] = static_cast<std::uint32_t>(p0);
    }
    key0 += 0x9e3779b9u;
    key1 += 0xbb67ae85u;
  }
}

void philox_blocks(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::uint32_t* out,
                   std::int64_t blocks) {
  std::uint32_t c[4][lanes];
  for (std::int64_t at = 0; at < blocks; at += lanes) {
    philox_lanes(seed, stream, first + static_cast<std::uint64_t>(at), c);
    const std::int64_t count = blocks - at < lanes ? blocks - at : lanes;
    for (std::int64_t i = 0; i < count; ++i)
      for (int k = 0; k < 4; ++k) out[4 * (at + i) + k] = c[k][i];
  }
}

}  // namespace

extern const RandomTable random_table;
const RandomTable random_table = {philox_blocks};

}  // namespace relume::kernels::RELUME_TARGET
