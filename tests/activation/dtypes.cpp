// The same formulas on every element type.
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "relume/activation/activation.h"
#include "relume/base/error.h"
#include "tests/activation/every_level.h"
#include "tests/activation/reference.h"

namespace relume::activation {
namespace {

using Wide = long double;

TEST(Float64, IsWithinAFewUnitsOfTheDefinition) {
  const auto x = random_numbers<double>(1, 2000);
  for_each_elementwise([&](const Entry& entry) {
    on_every_level([&](kernels::Level level) {
      std::vector<double> y(x.size());
      entry.forward(DType::float64, x.data(), y.data(), static_cast<std::int64_t>(x.size()));
      for (std::size_t i = 0; i < x.size(); ++i) {
        const Wide expected = references<double>().at(entry.info.name)(x[i]);
        ASSERT_NEAR(y[i], static_cast<double>(expected), 2e-14 * std::fabs(static_cast<double>(expected)))
            << entry.info.name << "(" << x[i] << ") on " << kernels::name(level);
        ASSERT_NEAR(entry.scalar(x[i]), static_cast<double>(expected), 2e-14 * std::fabs(static_cast<double>(expected)))
            << entry.info.name << "(" << x[i] << ")";
      }
    });
  });
}

/// What float32 loops give for these numbers, rounded once to Storage.
template <class Storage>
void expect_rounded_once(DType dtype) {
  const auto numbers = random_numbers<float>(2, 1300);
  std::vector<Storage> x, y(numbers.size());
  std::vector<float> widened, expected(numbers.size());
  for (const float number : numbers) {
    x.push_back(Storage(number));
    widened.push_back(static_cast<float>(x.back()));
  }
  const auto n = static_cast<std::int64_t>(numbers.size());
  for_each_elementwise([&](const Entry& entry) {
    on_every_level([&](kernels::Level) {
      entry.forward(dtype, x.data(), y.data(), n);
      entry.forward(DType::float32, widened.data(), expected.data(), n);
      for (std::size_t i = 0; i < x.size(); ++i) ASSERT_EQ(y[i].bits, Storage(expected[i]).bits) << entry.info.name;
    });
  });
}

TEST(HalfTypes, GiveTheFloat32ResultRoundedOnce) {
  expect_rounded_once<Half>(DType::float16);
  expect_rounded_once<BFloat16>(DType::bfloat16);
}

template <class Storage>
void expect_half_backward(DType dtype) {
  const auto numbers = random_numbers<float>(3, 1300), gradients = random_numbers<float>(4, 1300);
  const auto n = static_cast<std::int64_t>(numbers.size());
  for_each_elementwise([&](const Entry& entry) {
    std::vector<Storage> x, y(numbers.size()), dx;
    for (std::size_t i = 0; i < numbers.size(); ++i)
      x.push_back(Storage(numbers[i])), dx.push_back(Storage(gradients[i]));
    const std::vector<Storage> dy = dx;
    std::vector<std::uint8_t> mask(163);
    if (entry.saves == Saves::mask)
      entry.forward_mask(dtype, x.data(), y.data(), mask.data(), n);
    else
      entry.forward(dtype, x.data(), y.data(), n);
    const void* saved = entry.saves == Saves::mask     ? static_cast<const void*>(mask.data())
                        : entry.saves == Saves::output ? y.data()
                                                       : x.data();
    entry.backward(dtype, saved, dx.data(), dx.data(), n);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double at = static_cast<double>(static_cast<float>(x[i])),
                   d = static_cast<double>(static_cast<float>(dy[i]));
      // The output that was saved is itself rounded to eight or eleven bits.
      const double expected = d * entry.derivative(at);
      ASSERT_NEAR(static_cast<double>(static_cast<float>(dx[i])), expected, 0.05 + 0.01 * std::fabs(expected))
          << entry.info.name << "(" << at << ")";
    }
  });
}

TEST(HalfTypes, HaveTheDerivativeInPlace) {
  expect_half_backward<Half>(DType::float16);
  expect_half_backward<BFloat16>(DType::bfloat16);
}

template <class T>
void expect_integers(const Entry& entry, const std::vector<double>& parameters, T (*expected)(T)) {
  constexpr T low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
  const std::vector<T> x = {low,
                            static_cast<T>(low + 1),
                            0,
                            1,
                            2,
                            5,
                            6,
                            7,
                            100,
                            static_cast<T>(high - 1),
                            high,
                            static_cast<T>(-1),
                            static_cast<T>(-5)};
  std::vector<T> y(x.size());
  entry.forward(dtype_v<T>, x.data(), y.data(), static_cast<std::int64_t>(x.size()), parameters.data());
  for (std::size_t i = 0; i < x.size(); ++i)
    EXPECT_EQ(y[i], expected(x[i])) << entry.info.name << "(" << +x[i] << ") of " << name(dtype_v<T>);
}

template <class T>
void expect_integer_family() {
  expect_integers<T>(*find("relu"), {}, [](T x) { return x > 0 ? x : T(0); });
  expect_integers<T>(*find("relu6"), {}, [](T x) { return x < 0 ? T(0) : x > 6 ? T(6) : x; });
  expect_integers<T>(*find("threshold"), {3, 20}, [](T x) { return x > 3 ? x : T(20); });
  expect_integers<T>(*find("thresholded_relu"), {1e30}, [](T) { return T(0); });
  expect_integers<T>(*find("identity"), {}, [](T x) { return x; });
}

TEST(Integers, AreCutAsNumbersAreTheSmallestAndTheLargestToo) {
  expect_integer_family<std::int8_t>();
  expect_integer_family<std::int16_t>();
  expect_integer_family<std::int32_t>();
  expect_integer_family<std::int64_t>();
  expect_integer_family<std::uint8_t>();
}

TEST(Integers, AreRefusedWhereTheFormulaNeedsFractions) {
  const std::int32_t x = 1;
  std::int32_t y = 0;
  EXPECT_THROW(find("elu")->forward(DType::int32, &x, &y, 1), DTypeError);
  EXPECT_THROW(find("leaky_relu")->forward(DType::int32, &x, &y, 1), DTypeError);
  EXPECT_THROW(find("relu")->forward(DType::bool_, &x, &y, 1), DTypeError);
}

}  // namespace
}  // namespace relume::activation
