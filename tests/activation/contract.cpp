// The numeric contract that each activation's file states, on every instruction-set level.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/activation/every_level.h"
#include "tests/activation/reference.h"

namespace relume::activation {
namespace {

using Wide = long double;

/// Every n-th bit pattern is tried; ./dev bench accuracy tries them all.
constexpr std::uint32_t sweep_step = 40009;

/// Finite numbers of both signs, closer together where the functions bend.
std::vector<float> swept_numbers(std::uint32_t first, std::uint32_t count) {
  const std::uint32_t infinity_bits = 0x7f800000u, sixty_fourth = 0x3c800000u, two_hundred = 0x43480000u;
  std::vector<float> numbers;
  const std::uint32_t step = sweep_step, fine = step / 32;
  for (std::uint32_t bits = first; bits < infinity_bits && numbers.size() < count;) {
    numbers.push_back(std::bit_cast<float>(bits));
    numbers.push_back(-numbers.back());
    bits += bits >= sixty_fourth && bits < two_hundred ? fine : step;
  }
  return numbers;
}

/// Floats from a to b; both zeros are one.
std::int64_t ulps_between(float a, float b) {
  const auto order = [](float x) {
    const std::int64_t magnitude = std::bit_cast<std::uint32_t>(std::fabs(x));
    return std::signbit(x) ? -magnitude : magnitude;
  };
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b) ? 0 : std::int64_t{1} << 32;
  return std::abs(order(a) - order(b));
}

void expect_contract(const Entry& entry, const std::vector<float>& x, const std::vector<float>& expected) {
  on_every_level([&](kernels::Level level) {
    std::vector<float> y(x.size());
    entry.forward(DType::float32, x.data(), y.data(), static_cast<std::int64_t>(x.size()));
    std::int64_t worst = 0;
    std::size_t at = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
      if (const std::int64_t distance = ulps_between(y[i], expected[i]); distance > worst) worst = distance, at = i;
    EXPECT_LE(static_cast<double>(worst), entry.info.max_ulp)
        << entry.info.name << " on " << kernels::name(level) << " at " << x[at] << ": " << y[at] << ", not "
        << expected[at];
  });
}

TEST(Contract, HoldsForEveryActivationOnEveryLevel) {
  constexpr std::uint32_t chunk = 1u << 20;
  for_each_elementwise([&](const Entry& entry) {
    const auto& reference = references().at(entry.info.name);
    for (std::uint32_t first = 0; first < 0x7f800000u;) {
      const std::vector<float> x = swept_numbers(first, chunk);
      std::vector<float> expected(x.size());
      for (std::size_t i = 0; i < x.size(); ++i) expected[i] = static_cast<float>(reference(x[i]));
      expect_contract(entry, x, expected);
      if (x.size() < chunk) break;
      first = std::bit_cast<std::uint32_t>(x[x.size() - 2]) + 1;
    }
  });
}

TEST(Contract, KeepsOutputsInTheStatedRange) {
  const std::vector<float> x = swept_numbers(0, 1u << 18);
  for_each_elementwise([&](const Entry& entry) {
    on_every_level([&](kernels::Level level) {
      std::vector<float> y(x.size());
      entry.forward(DType::float32, x.data(), y.data(), static_cast<std::int64_t>(x.size()));
      const auto [low, high] = std::minmax_element(y.begin(), y.end());
      EXPECT_GE(static_cast<double>(*low), entry.info.output.min) << entry.info.name << " " << kernels::name(level);
      EXPECT_LE(static_cast<double>(*high), entry.info.output.max) << entry.info.name << " " << kernels::name(level);
    });
  });
}

TEST(Contract, TurnsNaNIntoNaNInEveryElementOfALane) {
  for_each_elementwise([](const Entry& entry) {
    on_every_level([&](kernels::Level level) {
      for (std::size_t at = 0; at < 19; ++at) {
        std::vector<float> x(19, 1.0f), y(19);
        x[at] = std::numeric_limits<float>::quiet_NaN();
        entry.forward(DType::float32, x.data(), y.data(), 19);
        for (std::size_t i = 0; i < 19; ++i)
          ASSERT_EQ(std::isnan(y[i]), i == at) << entry.info.name << " on " << kernels::name(level);
        std::vector<double> wide(x.begin(), x.end());
        entry.forward(DType::float64, wide.data(), wide.data(), 19);
        for (std::size_t i = 0; i < 19; ++i)
          ASSERT_EQ(std::isnan(wide[i]), i == at) << entry.info.name << " float64 on " << kernels::name(level);
      }
    });
  });
}

TEST(Contract, GoesToItsLimitAtInfinity) {
  constexpr float infinity = std::numeric_limits<float>::infinity(), largest = std::numeric_limits<float>::max();
  for_each_elementwise([](const Entry& entry) {
    on_every_level([&](kernels::Level level) {
      for (const float end : {-infinity, infinity}) {
        const Wide near_end = references().at(entry.info.name)(std::copysign(largest, end));
        const Wide limit = std::fabs(near_end) > 1e30L ? std::copysign(Wide{infinity}, near_end) : near_end;
        float y = 0;
        entry.forward(DType::float32, &end, &y, 1);
        EXPECT_FLOAT_EQ(y, static_cast<float>(limit)) << entry.info.name << "(" << end << ") " << kernels::name(level);
        double wide = static_cast<double>(end);
        entry.forward(DType::float64, &wide, &wide, 1);
        EXPECT_FLOAT_EQ(static_cast<float>(wide), static_cast<float>(limit))
            << entry.info.name << "(" << end << ") float64 " << kernels::name(level);
      }
    });
  });
}

TEST(Contract, ReluTurnsMinusZeroIntoZero) {
  on_every_level([](kernels::Level) {
    for (const char* name : {"relu", "relu6", "general_relu"}) {
      std::vector<float> x(21, -0.0f);
      find(name)->forward(DType::float32, x.data(), x.data(), 21);
      for (const float y : x) EXPECT_FALSE(std::signbit(y)) << name;
    }
  });
}

}  // namespace
}  // namespace relume::activation
