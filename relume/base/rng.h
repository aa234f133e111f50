// Public. Random numbers from a counter: the n-th number of a seed is a function of n, so that the same seed gives the
// same numbers at any thread count.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace relume {

/// Philox 4×32-10. Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011.
std::array<std::uint32_t, 4> philox(std::uint64_t seed, std::uint64_t counter, std::uint64_t stream = 0);

/// A stream of random numbers. Copying it copies its place in the stream.
class Rng {
 public:
  explicit Rng(std::uint64_t seed, std::uint64_t stream = 0) : seed_(seed), stream_(stream) {}

  /// 64 random bits.
  std::uint64_t bits();
  /// Uniform in [0, 1), 53 bits.
  double uniform();
  /// Uniform in [0, n), without bias. n > 0.
  std::uint64_t below(std::uint64_t n);
  /// Normal with mean 0 and standard deviation 1 (Box and Muller).
  double normal();
  /// A random order of 0 … n−1 (Fisher and Yates).
  void shuffle(std::span<std::int64_t> items);
  /// An independent stream of the same seed, for a purpose of its own.
  Rng fork(std::uint64_t purpose) const { return Rng(seed_, stream_ * 0x9e3779b97f4a7c15u + purpose + 1); }

  /// Sets aside so many Philox blocks and returns the number of the first, for those who make them many at a time.
  std::uint64_t take_blocks(std::uint64_t count);

  std::uint64_t seed() const { return seed_; }
  std::uint64_t stream() const { return stream_; }
  /// The state as numbers, to be saved in a checkpoint and given to restore().
  std::array<std::uint64_t, 3> state() const { return {seed_, stream_, position_}; }
  static Rng restore(const std::array<std::uint64_t, 3>& state);

 private:
  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t position_ = 0;  // in 64-bit numbers; two a Philox block
  std::uint64_t spare_ = 0;     // the second number of the block at position_
};

/// The generator that rand(), randn(), dropout and initialisation draw from; one a thread.
Rng& default_rng();

/// Seeds the default generator of this thread.
void manual_seed(std::uint64_t seed);

}  // namespace relume
