// Conversions of many 16-bit floats against those of one.
#include "relume/kernels/half_conversion.h"

#include <bit>
#include <vector>

#include <gtest/gtest.h>

#include "relume/base/rng.h"
#include "relume/kernels/cpu.h"

namespace relume::kernels {
namespace {

template <class F>
void on_every_level(F f) {
  for (const Level level : {Level::baseline, Level::avx2, Level::avx512}) {
    if (level > machine_level()) break;
    force_level(level);
    f(level);
  }
  force_level(machine_level());
}

/// Every 16-bit pattern becomes the float that one alone becomes.
template <class Storage>
void expect_every_pattern() {
  std::vector<Storage> from(65536);
  for (std::size_t i = 0; i < from.size(); ++i) from[i].bits = static_cast<std::uint16_t>(i);
  std::vector<float> to(from.size());
  to_float(from.data(), to.data(), 65536);
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto one = static_cast<float>(from[i]);
    if (one == one)
      ASSERT_EQ(std::bit_cast<std::uint32_t>(to[i]), std::bit_cast<std::uint32_t>(one)) << i;
    else
      ASSERT_NE(to[i], to[i]) << i;
  }
}

/// Floats of all exponents, midpoints of the 16-bit numbers and their neighbours among them.
template <class Storage>
std::vector<float> hard_numbers() {
  std::vector<float> numbers;
  for (int i = 0; i < 20001; ++i) numbers.push_back(std::bit_cast<float>(philox(7, static_cast<std::uint64_t>(i))[0]));
  for (std::uint32_t i = 0; i < 65536; i += 7) {
    Storage low, high;
    low.bits = static_cast<std::uint16_t>(i), high.bits = static_cast<std::uint16_t>(i + 1);
    const float middle = (static_cast<float>(low) + static_cast<float>(high)) / 2;
    const auto bits = std::bit_cast<std::uint32_t>(middle);
    for (const std::uint32_t near : {bits - 1, bits, bits + 1}) numbers.push_back(std::bit_cast<float>(near));
  }
  return numbers;
}

template <class Storage>
void expect_rounding() {
  const std::vector<float> from = hard_numbers<Storage>();
  std::vector<Storage> to(from.size());
  from_float(from.data(), to.data(), static_cast<std::int64_t>(from.size()));
  for (std::size_t i = 0; i < from.size(); ++i) {
    const Storage one(from[i]);
    if (from[i] == from[i])
      ASSERT_EQ(to[i].bits, one.bits) << from[i];
    else
      ASSERT_NE(static_cast<float>(to[i]), static_cast<float>(to[i])) << i;
  }
}

TEST(Half, IsConvertedByTheThousandAsItIsOneByOne) {
  on_every_level([](Level level) {
    SCOPED_TRACE(name(level));
    expect_every_pattern<Half>();
    expect_every_pattern<BFloat16>();
    expect_rounding<Half>();
    expect_rounding<BFloat16>();
  });
}

}  // namespace
}  // namespace relume::kernels
