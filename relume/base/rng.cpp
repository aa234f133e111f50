#include "relume/base/rng.h"

#include <cmath>
#include <numbers>
#include <utility>

namespace relume {

std::array<std::uint32_t, 4> philox(std::uint64_t seed, std::uint64_t counter, std::uint64_t stream) {
  constexpr std::uint32_t multiplier0 = 0xd2511f53u, multiplier1 = 0xcd9e8d57u;
  auto key0 = static_cast<std::uint32_t>(seed), key1 = static_cast<std::uint32_t>(seed >> 32);
  std::array<std::uint32_t, 4> c = {static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32),
                                    static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(stream >> 32)};
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{multiplier0} * c[0];
    const std::uint64_t p1 = std::uint64_t{multiplier1} * c[2];
    c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ key0, static_cast<std::uint32_t>(p1),
         static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ key1, static_cast<std::uint32_t>(p0)};
    key0 += 0x9e3779b9u;
    key1 += 0xbb67ae85u;
  }
  return c;
}

std::uint64_t Rng::bits() {
  const std::uint64_t position = position_++;
  if (position & 1) return spare_;
  const auto block = philox(seed_, position >> 1, stream_);
  spare_ = std::uint64_t{block[3]} << 32 | block[2];
  return std::uint64_t{block[1]} << 32 | block[0];
}

double Rng::uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

std::uint64_t Rng::below(std::uint64_t n) {
  const std::uint64_t limit = -n % n;  // 2⁶⁴ mod n: the numbers under it would favour small results
  for (;;) {
    const std::uint64_t r = bits();
    if (r >= limit) return r % n;
  }
}

double Rng::normal() {
  const double radius = std::sqrt(-2 * std::log1p(-uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

void Rng::shuffle(std::span<std::int64_t> items) {
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
}

std::uint64_t Rng::take_blocks(std::uint64_t count) {
  const std::uint64_t first = (position_ + 1) >> 1;
  position_ = (first + count) << 1;
  return first;
}

Rng Rng::restore(const std::array<std::uint64_t, 3>& state) {
  Rng rng(state[0], state[1]);
  rng.position_ = state[2];
  if (rng.position_ & 1) {  // the block's second number is due next
    --rng.position_;
    rng.bits();
  }
  return rng;
}

Rng& default_rng() {
  thread_local Rng rng(0);
  return rng;
}

void manual_seed(std::uint64_t seed) { default_rng() = Rng(seed); }

}  // namespace relume
