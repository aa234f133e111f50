// Activations as text, and activations that a user brings.
#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/activation/activation.h"
#include "relume/activation/make_entry.h"
#include "relume/base/error.h"
#include "tests/activation/every_level.h"
#include "tests/reference/message_of.h"

namespace relume {
namespace {

using activation::Entry;
using activation::Info;
using activation::Param;
using activation::Saves;
using ::testing::AllOf;
using ::testing::HasSubstr;

struct Cube {
  static constexpr Info info{.name = "cube", .module = "Cube", .formula = "factor*x^3", .reference = ""};
  Param factor{"factor", 2, {.min = 0, .above_min = true}};

  template <class V>
  V forward(V x) const {
    return V(factor) * x * x * x;
  }
  static constexpr auto saves = Saves::input;
  template <class V>
  V derivative(V x) const {
    return V(3) * V(factor) * x * x;
  }
};

struct Ramp {
  static constexpr Info info{
      .name = "ramp_from_one", .module = "RampFromOne", .formula = "max(x - 1, 0)", .reference = ""};

  template <class V>
  V forward(V x) const {
    return V(activation::max(x, V(1)) - V(1));
  }
  static constexpr bool integers = true;
  static constexpr auto saves = Saves::mask;
  template <class V>
  auto fires(V x) const {
    return x > V(1);
  }
  template <class Mask, class V>
  V backward(Mask on, V dy) const {
    return activation::select(on, dy, V(0));
  }
};

TEST(OwnActivation, HasTheLoopsOfTheFamily) {
  static const Entry cube = activation::make_entry<Cube>();
  const auto x = activation::random_numbers<float>(1, 37);
  std::vector<float> y(37), dx(37), ones(37, 1.0f);
  const double factor = 0.5;
  activation::on_every_level([&](kernels::Level) {
    cube.forward(DType::float32, x.data(), y.data(), 37, &factor);
    cube.backward(DType::float32, x.data(), ones.data(), dx.data(), 37, &factor);
    for (std::size_t i = 0; i < 37; ++i) {
      ASSERT_FLOAT_EQ(y[i], 0.5f * x[i] * x[i] * x[i]);
      ASSERT_FLOAT_EQ(dx[i], 1.5f * x[i] * x[i]);
    }
  });
  EXPECT_DOUBLE_EQ(cube.scalar(3.0), 54.0);
  EXPECT_DOUBLE_EQ(cube.derivative(3.0), 54.0);
}

TEST(OwnActivation, SavesMasksAndWorksOnIntegers) {
  static const Entry ramp = activation::make_entry<Ramp>();
  const auto x = activation::random_numbers<double>(2, 29);
  std::vector<double> y(29), dx(29), ones(29, 1.0);
  std::vector<std::uint8_t> mask(4);
  ramp.forward_mask(DType::float64, x.data(), y.data(), mask.data(), 29);
  ramp.backward(DType::float64, mask.data(), ones.data(), dx.data(), 29);
  for (std::size_t i = 0; i < 29; ++i) {
    EXPECT_EQ(y[i], x[i] > 1 ? x[i] - 1 : 0);
    EXPECT_EQ(activation::bit(mask, static_cast<std::int64_t>(i)), x[i] > 1);
    EXPECT_EQ(dx[i], x[i] > 1 ? 1 : 0);
  }
  std::vector<std::int32_t> whole = {-4, 1, 2, 9};
  ramp.forward(DType::int32, whole.data(), whole.data(), 4);
  EXPECT_EQ(whole, (std::vector<std::int32_t>{0, 0, 1, 8}));
}

TEST(OwnActivation, IsKnownToTextOnceItIsRegistered) {
  static const Entry cube = activation::make_entry<Cube>();
  EXPECT_THROW(Activation("cube(4)"), ValueError);
  register_activation(cube);
  EXPECT_EQ(Activation("cube(4)").parameter("factor"), 4.0);
  EXPECT_EQ(&Activation("cube").entry(), &cube);
  EXPECT_THROW(register_activation(cube), ValueError);
  EXPECT_THROW(register_activation(*activation::find("relu")), ValueError);
}

TEST(ActivationText, ReadsBackWhatItPrints) {
  for (const char* text : {"relu", "leaky_relu(0.2)", "softplus(2, 6)", "softplus(threshold=6)", "general_relu(0.1, 6)",
                           "general_relu(max_value=6)", "hardtanh(-2)"}) {
    EXPECT_EQ(to_string(Activation(text)), text);
    EXPECT_EQ(Activation(to_string(Activation(text))), Activation(text));
  }
  EXPECT_EQ(to_string(Activation(" leaky_relu( negative_slope = 0.01 ) ")), "leaky_relu");
  EXPECT_EQ(Activation("leaky_relu", {{"negative_slope", 0.3}}), Activation("leaky_relu(0.3)"));
  EXPECT_FALSE(Activation("elu") == Activation("elu(2)"));
}

TEST(ActivationText, SaysWhatIsWrongAndWhatWasMeant) {
  const auto message = [](const char* text) { return message_of<ValueError>([&] { Activation{text}; }); };
  EXPECT_THAT(message("leaky_rleu"), AllOf(HasSubstr("leaky_rleu"), HasSubstr("did you mean \"leaky_relu\"")));
  EXPECT_THAT(message("leaky_relu(slope=0.1)"), HasSubstr("did you mean \"negative_slope\""));
  EXPECT_THAT(message("relu(1)"), HasSubstr("relu"));
  EXPECT_THAT(message("elu(x)"), HasSubstr("is not a number"));
  EXPECT_THAT(message("elu(1"), HasSubstr("does not end with"));
  EXPECT_THAT(message("elu(-1)"), AllOf(HasSubstr("alpha of elu is -1"), HasSubstr("at least 0")));
  EXPECT_THAT(message("celu(0)"), HasSubstr("above 0"));
  EXPECT_THAT(message("elu(nan)"), HasSubstr("alpha"));
}

}  // namespace
}  // namespace relume
