// A user's own activation as a user's program has it: in no namespace, beside POSIX's select() and C's expm1().
#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/select.h>

#include "relume/activation/activation.h"
#include "relume/activation/elu.h"
#include "relume/activation/make_entry.h"
#include "relume/activation/relu.h"

namespace {

using relume::activation::Info;
using relume::activation::Param;
using relume::activation::Saves;
using ::testing::ElementsAre;

/// relume/activation/elu.h, word for word.
struct OwnElu {
  static constexpr Info info{.name = "own_elu", .module = "OwnELU", .formula = "x > 0 ? x : alpha*(exp(x) - 1)"};
  Param alpha{"alpha", 1, {.min = 0}};

  template <class V>
  V forward(V x) const {
    return select(x > V(0), x, V(alpha) * expm1(x));
  }
  static constexpr auto saves = Saves::input;
  template <class V>
  V derivative(V x) const {
    return select(x > V(0), V(1), V(alpha) * exp(x));
  }
};

/// Numbers beside V, functions that lanes do not have, a derivative that does not depend on x.
struct Wave {
  static constexpr Info info{.name = "wave", .module = "Wave", .formula = "2x + max(0.5, x/4) + sin(1)"};
  Param height{"height", 2};

  template <class V>
  V forward(V x) const {
    return height * x + max(0.5, x / 4) + std::sin(V(1)) + (x == 0 || -x < 1 ? x : 2 * x) * 0;
  }
  static constexpr auto saves = Saves::nothing;
  template <class V>
  V derivative(V) const {
    return 2;
  }
};

inline constexpr relume::activation::Callable<OwnElu> own_elu{};

TEST(OwnActivationOutside, IsWrittenAsThoseInsideAre) {
  static const auto own = relume::activation::make_entry<OwnElu>();
  const auto* inside = relume::activation::find("elu");
  const double alpha = 0.7;
  std::vector<float> x, own_y(41), inside_y(41);
  for (int i = 0; i < 41; ++i) x.push_back(static_cast<float>(i - 20) / 4);
  own.forward(relume::DType::float32, x.data(), own_y.data(), 41, &alpha);
  inside->forward(relume::DType::float32, x.data(), inside_y.data(), 41, &alpha);
  for (std::size_t i = 0; i < 41; ++i) {
    EXPECT_FLOAT_EQ(own_y[i], inside_y[i]);
    EXPECT_EQ(own.scalar(x[i], &alpha), inside->scalar(x[i], &alpha));
    EXPECT_EQ(own.derivative(x[i], &alpha), inside->derivative(x[i], &alpha));
  }
  EXPECT_EQ(own_elu(-1.0, 0.5), 0.5 * std::expm1(-1.0));
}

TEST(OwnActivationOutside, TakesNumbersBesideItsVariable) {
  static const auto wave = relume::activation::make_entry<Wave>();
  EXPECT_DOUBLE_EQ(wave.scalar(1), 2.5 + std::sin(1.0));
  EXPECT_DOUBLE_EQ(wave.scalar(4), 9 + std::sin(1.0));
  EXPECT_EQ(wave.derivative(4), 2);
}

TEST(ActivationFunction, TakesVectorsArraysAndSpans) {
  EXPECT_THAT(relume::elu(std::vector<double>{-1, 2}, 2), ElementsAre(2 * std::expm1(-1.0), 2));
  const float row[] = {-1, 2};
  EXPECT_THAT(own_elu(row), ElementsAre(std::expm1(-1.0f), 2.0f));
  const std::vector<float> x = {-1, 2};
  std::vector<float> y(2);
  relume::relu(x, y);
  EXPECT_THAT(y, ElementsAre(0, 2));
  const std::vector<int> whole = {-3, 4};
  EXPECT_THAT(own_elu(std::span(whole)), ElementsAre(std::expm1(-3.0), 4.0));
}

}  // namespace
