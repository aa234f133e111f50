// Sizes, offsets, masks, rows and fused products: what stands around the formulas.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "relume/activation/activation.h"
#include "relume/base/error.h"
#include "relume/base/parallel.h"
#include "relume/kernels/matmul.h"
#include "tests/activation/every_level.h"

namespace relume::activation {
namespace {

constexpr float untouched = 12345;

TEST(Loops, GiveEachElementTheSameValueAtAnySizeAndOffset) {
  const auto x = random_numbers<float>(1, 320);
  for_each_elementwise([&](const Entry& entry) {
    on_every_level([&](kernels::Level level) {
      std::vector<float> alone(x.size());
      for (std::size_t i = 0; i < x.size(); ++i) entry.forward(DType::float32, &x[i], &alone[i], 1);
      for (std::int64_t n = 0; n <= 300; ++n) {
        const std::int64_t offset = n % 7;
        std::vector<float> y(x.size(), untouched);
        entry.forward(DType::float32, x.data() + offset, y.data() + 1, n);
        ASSERT_TRUE(std::equal(y.begin() + 1, y.begin() + 1 + n, alone.begin() + offset))
            << entry.info.name << " of " << n << " on " << kernels::name(level);
        ASSERT_EQ(y[0], untouched);
        ASSERT_EQ(y[static_cast<std::size_t>(n + 1)], untouched);
      }
    });
  });
}

TEST(Loops, WorkInPlace) {
  const auto x = random_numbers<float>(2, 301), dy = random_numbers<float>(3, 301);
  for_each_elementwise([&](const Entry& entry) {
    on_every_level([&](kernels::Level level) {
      std::vector<float> apart(301), in_place = x;
      entry.forward(DType::float32, x.data(), apart.data(), 301);
      entry.forward(DType::float32, in_place.data(), in_place.data(), 301);
      ASSERT_EQ(in_place, apart) << entry.info.name << " " << kernels::name(level);
      if (entry.saves == Saves::mask) return;
      const float* saved = entry.saves == Saves::output ? apart.data() : x.data();
      std::vector<float> dx(301), gradient = dy;
      entry.backward(DType::float32, saved, dy.data(), dx.data(), 301);
      entry.backward(DType::float32, saved, gradient.data(), gradient.data(), 301);
      ASSERT_EQ(gradient, dx) << entry.info.name << " " << kernels::name(level);
    });
  });
}

template <class T>
void expect_masks() {
  const auto x = random_numbers<T>(4, 300), dy = random_numbers<T>(5, 300);
  for_each_elementwise([&](const Entry& entry) {
    if (entry.saves != Saves::mask) return;
    on_every_level([&](kernels::Level level) {
      for (std::int64_t n = 0; n <= 300; ++n) {
        const auto count = static_cast<std::size_t>(n);
        std::vector<T> y = x, expected(x.size()), dx = dy;
        std::vector<std::uint8_t> mask(count / 8 + 2, 0xa5);
        entry.forward(dtype_v<T>, x.data(), expected.data(), n);
        entry.forward_mask(dtype_v<T>, y.data(), y.data(), mask.data(), n);
        ASSERT_TRUE(std::equal(y.begin(), y.begin() + n, expected.begin())) << entry.info.name;
        ASSERT_EQ(mask[(count + 7) / 8], 0xa5) << entry.info.name << " of " << n << " on " << kernels::name(level);
        for (std::int64_t i = n; i < (n + 7) / 8 * 8; ++i) ASSERT_FALSE(bit(mask, i)) << entry.info.name;
        entry.backward(dtype_v<T>, mask.data(), dx.data(), dx.data(), n);
        for (std::size_t i = 0; i < count; ++i) {
          const double slope = entry.derivative(static_cast<double>(x[i]));
          // Where they do not fire, slopes are 0, leaky_relu's 0.01 or rrelu's 0.23.
          const double off = entry.info.name == "rrelu" ? 0.23 : 0.1;
          ASSERT_EQ(bit(mask, static_cast<std::int64_t>(i)), slope > off) << entry.info.name << "(" << x[i] << ")";
          ASSERT_NEAR(static_cast<double>(dx[i]), slope * static_cast<double>(dy[i]), 1e-6);
        }
        ASSERT_TRUE(std::equal(dx.begin() + n, dx.end(), dy.begin() + n));
      }
    });
  });
}

TEST(Masks, HoldOneBitForEachElementThatFires) {
  expect_masks<float>();
  expect_masks<double>();
}

TEST(LargeArrays, AreTheSameOnAnyNumberOfThreads) {
  constexpr std::int64_t n = 300'001;
  const auto x = random_numbers<float>(6, n);
  const int threads = num_threads();
  for (const char* name : {"relu", "silu", "hardtanh"}) {
    const Entry& entry = *find(name);
    std::vector<float> one(n), two(n);
    std::vector<std::uint8_t> mask_one(n / 8 + 1), mask_two(n / 8 + 1);
    const auto run = [&](std::vector<float>& y, std::vector<std::uint8_t>& mask) {
      if (entry.saves == Saves::mask)
        entry.forward_mask(DType::float32, x.data(), y.data(), mask.data(), n);
      else
        entry.forward(DType::float32, x.data(), y.data(), n);
    };
    set_num_threads(1);
    run(one, mask_one);
    set_num_threads(3);
    run(two, mask_two);
    EXPECT_EQ(one, two) << name;
    EXPECT_EQ(mask_one, mask_two) << name;
  }
  set_num_threads(threads);
}

TEST(Streaming, WritesWhatOrdinaryStoresWriteAtAnyAlignment) {
  const auto x = random_numbers<float>(7, 400);
  const auto wide = random_numbers<double>(8, 400);
  for (const char* name : {"relu", "leaky_relu", "sigmoid"})
    on_every_level([&](kernels::Level level) {
      const LevelLoops& loops = *find(name)->levels[static_cast<std::size_t>(level)];
      for (std::int64_t offset = 0; offset < 17; ++offset)
        for (const std::int64_t n : {0, 1, 15, 16, 31, 32, 33, 64, 127, 300}) {
          std::vector<float> plain(400, untouched), streamed = plain;
          loops.float32.elementwise.forward(x.data() + 1, plain.data() + offset, n, nullptr, false);
          loops.float32.elementwise.forward(x.data() + 1, streamed.data() + offset, n, nullptr, true);
          ASSERT_EQ(streamed, plain) << name << " of " << n << " at " << offset << " on " << kernels::name(level);
          std::vector<double> plain_wide(400, 1), streamed_wide = plain_wide;
          loops.float64.elementwise.forward(wide.data(), plain_wide.data() + offset, n, nullptr, false);
          loops.float64.elementwise.forward(wide.data(), streamed_wide.data() + offset, n, nullptr, true);
          ASSERT_EQ(streamed_wide, plain_wide) << name;
        }
    });
}

/// A matrix that lies in a larger one: `stride` numbers from row to row.
struct Rows {
  std::int64_t rows, columns, stride;
  std::size_t at(std::int64_t i, std::int64_t j) const { return static_cast<std::size_t>(i * stride + j); }
  std::size_t size() const { return static_cast<std::size_t>(rows * stride); }
};

const Rows shapes[] = {{1, 1, 1},  {3, 0, 0},   {37, 1, 1}, {37, 2, 2},    {37, 4, 4},     {9, 16, 16},
                       {3, 7, 10}, {5, 64, 64}, {9, 2, 5},  {4, 131, 140}, {2, 2000, 2003}};

std::int64_t mask_stride(const Rows& shape) { return shape.columns / 8 + 2; }

/// f(x + bias) row by row and, from there, dy ⊙ f′ with its sums over the rows.
void expect_rows(const Entry& entry, const Rows& shape, bool with_bias) {
  const auto n = static_cast<std::int64_t>(shape.size());
  const auto x = random_numbers<float>(9, n), dy = random_numbers<float>(10, n),
             bias = random_numbers<float>(11, shape.columns);
  std::vector<float> y(shape.size(), untouched), z = x, dx = dy, sums(bias.size());
  for (std::int64_t i = 0; with_bias && i < shape.rows; ++i)
    for (std::int64_t j = 0; j < shape.columns; ++j) z[shape.at(i, j)] += bias[static_cast<std::size_t>(j)];
  std::vector<std::uint8_t> mask(static_cast<std::size_t>(shape.rows * mask_stride(shape)));
  const bool masked = entry.saves == Saves::mask;
  entry.forward_rows(DType::float32, {.x = x.data(),
                                      .x_stride = shape.stride,
                                      .bias = with_bias ? bias.data() : nullptr,
                                      .y = y.data(),
                                      .y_stride = shape.stride,
                                      .mask = masked ? mask.data() : nullptr,
                                      .mask_stride = mask_stride(shape),
                                      .rows = shape.rows,
                                      .columns = shape.columns});
  const void* saved = masked                         ? static_cast<const void*>(mask.data())
                      : entry.saves == Saves::output ? y.data()
                                                     : z.data();
  entry.backward_rows(DType::float32, {.saved = saved,
                                       .saved_stride = masked ? mask_stride(shape) : shape.stride,
                                       .dy = dx.data(),
                                       .dy_stride = shape.stride,
                                       .dx = dx.data(),
                                       .dx_stride = shape.stride,
                                       .column_sum = sums.data(),
                                       .rows = shape.rows,
                                       .columns = shape.columns});
  for (std::int64_t j = 0; j < shape.stride; ++j) {
    double sum = 0, size = 0;
    for (std::int64_t i = 0; i < shape.rows; ++i) {
      const std::size_t at = shape.at(i, j);
      if (j >= shape.columns) {
        ASSERT_EQ(y[at], untouched) << entry.info.name << " wrote beside its rows";
        ASSERT_EQ(dx[at], dy[at]) << entry.info.name << " wrote beside its rows";
        continue;
      }
      float expected = 0;
      entry.forward(DType::float32, &z[at], &expected, 1);
      ASSERT_EQ(y[at], expected) << entry.info.name << "(" << z[at] << ")";
      ASSERT_NEAR(static_cast<double>(dx[at]),
                  static_cast<double>(dy[at]) * entry.derivative(static_cast<double>(z[at])), 2e-5)
          << entry.info.name;
      sum += static_cast<double>(dx[at]);
      size += std::fabs(static_cast<double>(dx[at]));
    }
    if (j < shape.columns) {
      ASSERT_NEAR(static_cast<double>(sums[static_cast<std::size_t>(j)]), sum, 1e-5 + 1e-6 * size) << entry.info.name;
    }
  }
}

TEST(Rows, AreBiasActivationAndMaskOfEachRow) {
  for_each_elementwise([](const Entry& entry) {
    on_every_level([&](kernels::Level) {
      for (const Rows& shape : shapes)
        for (const bool with_bias : {false, true}) expect_rows(entry, shape, with_bias);
    });
  });
}

/// f(x Wᵀ + bias) by one call, in place of the product or beside it, and what it says of f in a mask.
void expect_fused(const Entry& entry, std::int64_t k, bool apart, bool masked) {
  constexpr std::int64_t m = 150, n = 139, stride = n / 8 + 1;
  const auto a = random_numbers<float>(12, m * k), w = random_numbers<float>(13, n * k),
             bias = random_numbers<float>(14, n);
  const auto multiply = [&](std::vector<float>& c, const kernels::Epilogue* epilogue) {
    const kernels::MatrixView<const float> weight{w.data(), n, k, k};
    kernels::matmul<float>({a.data(), m, k, k}, weight.t(), 0, {c.data(), m, n, n}, epilogue);
  };
  std::vector<float> z(m * n), product(m * n, untouched), y(m * n, untouched);
  multiply(z, nullptr);
  std::vector<std::uint8_t> mask(m * stride, 0xa5);
  FusedForward fused{.entry = &entry, .bias = bias.data()};
  if (apart) fused.y = y.data(), fused.y_stride = n;
  if (masked) fused.mask = mask.data(), fused.mask_stride = stride;
  const kernels::Epilogue epilogue = fused.epilogue();
  multiply(product, &epilogue);
  const std::vector<float>& result = apart ? y : product;
  if (apart) {
    EXPECT_EQ(product, z) << entry.info.name << " changed the product";
  }
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      const float before = z[static_cast<std::size_t>(i * n + j)] + bias[static_cast<std::size_t>(j)];
      float expected = 0;
      entry.forward(DType::float32, &before, &expected, 1);
      ASSERT_EQ(result[static_cast<std::size_t>(i * n + j)], expected)
          << entry.info.name << " at " << i << ", " << j << " of depth " << k;
      if (masked && entry.info.name == "relu") {
        ASSERT_EQ(mask[static_cast<std::size_t>(i * stride + j / 8)] >> (j % 8) & 1, before > 0);
      }
    }
}

TEST(FusedProduct, IsTheProductThenBiasThenActivation) {
  on_every_level([](kernels::Level) {
    for_each_elementwise([](const Entry& entry) {
      for (const std::int64_t k : {0, 1, 40, 300})
        for (const bool apart : {false, true}) {
          expect_fused(entry, k, apart, false);
          if (entry.saves == Saves::mask) expect_fused(entry, k, apart, true);
        }
    });
  });
}

TEST(Loops, OfAnotherKindSayWhoseTheyAre) {
  const float x = 1;
  float y = 0;
  EXPECT_THROW(find("softmax")->forward(DType::float32, &x, &y, 1), Error);
  EXPECT_THROW(find("relu")->forward_softmax_rows(DType::float32, &x, &y, 1, 1), Error);
  EXPECT_THROW(find("softmax")->scalar(1.0), Error);
  std::uint8_t mask = 0;
  EXPECT_THROW(find("elu")->forward_mask(DType::float32, &x, &y, &mask, 1), Error);
}

}  // namespace
}  // namespace relume::activation
