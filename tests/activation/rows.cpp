// Softmax, log-softmax and PReLU.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "relume/base/parallel.h"
#include "tests/activation/every_level.h"
#include "tests/reference/stored.h"

namespace relume::activation {
namespace {

template <class T>
void expect_near(const std::vector<T>& values, const std::vector<double>& expected, double tolerance,
                 const std::string& what) {
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isinf(expected[i])) {
      ASSERT_EQ(static_cast<double>(values[i]), expected[i]) << what;
    } else {
      ASSERT_NEAR(static_cast<double>(values[i]), expected[i], tolerance) << what << " at " << i;
    }
  }
}

template <class T>
void expect_stored_rows(const char* name, double tolerance) {
  const io::SafeTensors file = stored_tensors("activations");
  const auto x = stored(file, "rows").to_vector<T>(), dy = stored(file, "rows weights").to_vector<T>();
  const auto value = stored(file, std::string(name) + " value").to_vector<double>();
  const auto derivative = stored(file, std::string(name) + " derivative").to_vector<double>();
  on_every_level([&](kernels::Level level) {
    std::vector<T> y = x, dx = dy;
    find(name)->forward_softmax_rows(dtype_v<T>, y.data(), y.data(), 4, 37);
    expect_near(y, value, tolerance, std::string(name) + " on " + std::string(kernels::name(level)));
    find(name)->backward_softmax_rows(dtype_v<T>, y.data(), dx.data(), dx.data(), 4, 37);
    expect_near(dx, derivative, tolerance * 10,
                std::string(name) + " backward on " + std::string(kernels::name(level)));
  });
}

TEST(Softmax, AgreesWithPyTorchRowByRowInPlace) {
  expect_stored_rows<double>("softmax", 1e-14);
  expect_stored_rows<float>("softmax", 1e-4);
}

TEST(LogSoftmax, AgreesWithPyTorchRowByRowInPlace) {
  expect_stored_rows<double>("log_softmax", 1e-12);
  expect_stored_rows<float>("log_softmax", 2e-4);
}

TEST(Softmax, IsStableForHugeInputsAndSumsToOneAtEverySize) {
  on_every_level([](kernels::Level) {
    for (std::int64_t n = 1; n <= 70; ++n) {
      auto x = random_numbers<float>(static_cast<std::uint64_t>(n), n);
      for (float& v : x) v *= 1e37f;
      const auto top = static_cast<std::size_t>(std::max_element(x.begin(), x.end()) - x.begin());
      find("softmax")->forward_softmax_rows(DType::float32, x.data(), x.data(), 1, n);
      for (std::size_t i = 0; i < x.size(); ++i) ASSERT_EQ(x[i], i == top ? 1.0f : 0.0f) << n;
      std::vector<float> equal(x.size(), -3e38f);
      find("log_softmax")->forward_softmax_rows(DType::float32, equal.data(), equal.data(), 1, n);
      for (const float v : equal) ASSERT_NEAR(v, -std::log(static_cast<float>(n)), 1e-5f) << n;
    }
  });
}

TEST(Softmax, IsNaNWhereTheRowHoldsNaNAndNowhereElse) {
  on_every_level([](kernels::Level) {
    std::vector<float> x(60, 0.5f), y(60);
    x[24] = std::numeric_limits<float>::quiet_NaN();
    for (const char* name : {"softmax", "log_softmax"}) {
      find(name)->forward_softmax_rows(DType::float32, x.data(), y.data(), 3, 20);
      for (std::size_t i = 0; i < y.size(); ++i) ASSERT_EQ(std::isnan(y[i]), i / 20 == 1) << name;
    }
  });
}

template <class T>
void expect_stored_prelu(const std::string& slopes, double tolerance) {
  const io::SafeTensors file = stored_tensors("activations");
  const auto of = [&](const std::string& key) {
    return stored(file, "prelu " + slopes + " " + key).to_vector<double>();
  };
  const auto x = stored(file, "images").to_vector<T>(), dy = stored(file, "images weights").to_vector<T>();
  const auto given = of("slope");
  const std::vector<T> slope(given.begin(), given.end());
  const auto count = static_cast<std::int64_t>(slope.size());
  on_every_level([&](kernels::Level level) {
    const std::string what = "prelu " + slopes + " on " + std::string(kernels::name(level));
    std::vector<T> y(x.size()), dx = dy, dslope(slope.size(), T(99));
    find("prelu")->forward_parametric(dtype_v<T>, x.data(), slope.data(), count, y.data(), 3, 5, 4);
    find("prelu")->backward_parametric(dtype_v<T>, x.data(), slope.data(), count, dx.data(), dx.data(), dslope.data(),
                                       3, 5, 4);
    expect_near(y, of("value"), tolerance, what);
    expect_near(dx, of("derivative"), tolerance, what);
    expect_near(dslope, of("slope gradient"), tolerance * 10, what);
  });
}

TEST(Prelu, AgreesWithPyTorchForOneSlopeAndForOneAChannel) {
  for (const char* slopes : {"one", "many"}) {
    expect_stored_prelu<double>(slopes, 1e-14);
    expect_stored_prelu<float>(slopes, 1e-6);
  }
}

TEST(Prelu, TakesASlopeForEachColumnOfAMatrix) {
  constexpr std::int64_t rows = 9, columns = 37;
  const auto x = random_numbers<double>(1, rows * columns), dy = random_numbers<double>(2, rows * columns);
  const auto slope = random_numbers<double>(3, columns);
  on_every_level([&](kernels::Level) {
    std::vector<double> y(x.size()), dx(x.size()), dslope(columns), expected(columns);
    find("prelu")->forward_parametric(DType::float64, x.data(), slope.data(), columns, y.data(), rows, columns, 1);
    find("prelu")->backward_parametric(DType::float64, x.data(), slope.data(), columns, dy.data(), dx.data(),
                                       dslope.data(), rows, columns, 1);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t j = i % columns;
      ASSERT_DOUBLE_EQ(y[i], x[i] > 0 ? x[i] : slope[j] * x[i]);
      ASSERT_DOUBLE_EQ(dx[i], x[i] > 0 ? dy[i] : slope[j] * dy[i]);
      if (x[i] <= 0) expected[j] += x[i] * dy[i];
    }
    expect_near(dslope, expected, 1e-11, "slopes");
  });
}

TEST(Prelu, HasTheSameGradientsOnAnyNumberOfThreadsAsOneSumInDoublePrecision) {
  constexpr std::int64_t outer = 37, channels = 24, inner = 331, n = outer * channels * inner;
  const auto x = random_numbers<float>(5, n), dy = random_numbers<float>(6, n);
  const auto slope = random_numbers<float>(7, channels);
  const auto gradient = [&](int threads, std::int64_t slopes, bool columns) {
    set_num_threads(threads);
    std::vector<float> dx(x.size()), dslope(static_cast<std::size_t>(slopes));
    find("prelu")->backward_parametric(DType::float32, x.data(), slope.data(), slopes, dy.data(), dx.data(),
                                       dslope.data(), columns ? outer * inner : outer, channels, columns ? 1 : inner);
    dslope.insert(dslope.end(), dx.begin(), dx.end());
    return dslope;
  };
  const int before = num_threads();
  for (const std::int64_t slopes : {std::int64_t{1}, channels})
    for (const bool columns : {false, true}) {
      const std::vector<float> one = gradient(1, slopes, columns);
      EXPECT_EQ(gradient(3, slopes, columns), one);
      std::vector<double> expected(static_cast<std::size_t>(slopes), 0.0), size = expected;
      for (std::int64_t i = 0; i < n; ++i) {
        const auto channel = static_cast<std::size_t>(slopes == 1 ? 0 : (columns ? i : i / inner) % channels);
        const double term = std::min(static_cast<double>(x[static_cast<std::size_t>(i)]), 0.0) *
                            static_cast<double>(dy[static_cast<std::size_t>(i)]);
        expected[channel] += term, size[channel] += std::fabs(term);
      }
      for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_NEAR(static_cast<double>(one[i]), expected[i], 2e-6 * size[i]) << slopes << " " << i;
    }
  set_num_threads(before);
}

}  // namespace
}  // namespace relume::activation
