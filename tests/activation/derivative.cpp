// Backward loops against the definitions' slopes and against PyTorch's values at the kinks.
#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "relume/activation/activation.h"
#include "tests/activation/every_level.h"
#include "tests/activation/reference.h"
#include "tests/reference/stored.h"

namespace relume::activation {
namespace {

using Wide = long double;

/// dx for dy through the loops of `dtype`, from what the forward pass saved.
template <class T>
std::vector<T> through_backward(const Activation& f, const std::vector<T>& x, const std::vector<T>& dy) {
  const Entry& entry = f.entry();
  const auto n = static_cast<std::int64_t>(x.size());
  std::vector<T> y(x.size()), dx(x.size());
  std::vector<std::uint8_t> mask((x.size() + 7) / 8);
  if (entry.saves == Saves::mask) {
    entry.forward_mask(dtype_v<T>, x.data(), y.data(), mask.data(), n, f.parameters());
    entry.backward(dtype_v<T>, mask.data(), dy.data(), dx.data(), n, f.parameters());
  } else {
    entry.forward(dtype_v<T>, x.data(), y.data(), n, f.parameters());
    const T* saved = entry.saves == Saves::input ? x.data() : entry.saves == Saves::output ? y.data() : nullptr;
    entry.backward(dtype_v<T>, saved, dy.data(), dx.data(), n, f.parameters());
  }
  return dx;
}

TEST(Derivative, IsTheSlopeOfTheDefinition) {
  auto x = random_numbers<double>(5, 777);
  for (double& v : x)  // no kink lies within a thousandth
    if (std::fabs(v * 4 - std::round(v * 4)) < 0.004) v += 0.01;
  const auto dy = random_numbers<double>(6, 777);
  for_each_elementwise([&](const Entry& entry) {
    const auto& f = references<double>().at(entry.info.name);
    on_every_level([&](kernels::Level level) {
      const auto dx = through_backward(Activation(entry), x, dy);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const Wide h = 1e-5L, slope = (f(x[i] + h) - f(x[i] - h)) / (2 * h);
        ASSERT_NEAR(dx[i], static_cast<double>(slope) * dy[i], 1e-8)
            << entry.info.name << "(" << x[i] << ") " << kernels::name(level);
        ASSERT_NEAR(entry.derivative(x[i]), static_cast<double>(slope), 1e-8) << entry.info.name << "(" << x[i] << ")";
      }
    });
  });
}

TEST(Derivative, IsTheSameInFloat32) {
  const auto x = random_numbers<float>(7, 777), dy = random_numbers<float>(8, 777);
  for_each_elementwise([&](const Entry& entry) {
    on_every_level([&](kernels::Level level) {
      const auto dx = through_backward(Activation(entry), x, dy);
      for (std::size_t i = 0; i < x.size(); ++i)
        ASSERT_NEAR(static_cast<double>(dx[i]),
                    entry.derivative(static_cast<double>(x[i])) * static_cast<double>(dy[i]), 2e-5)
            << entry.info.name << "(" << x[i] << ") " << kernels::name(level);
    });
  });
}

// What is left of eˣ in the output, alpha (eˣ − 1), is its last bit or nothing.
TEST(Derivative, OfTheExponentialKindsKeepsItsDigitsFarBelowZero) {
  const std::vector<float> x{-30, -17.5F, -17, -10, -5}, dy(x.size(), 1.0F);
  const auto selu_slope = [](double v) { return 1.0507009873554805 * 1.6732632423543772 * std::exp(v); };
  for (const auto& [text, slope] : std::vector<std::pair<std::string, std::function<double(double)>>>{
           {"elu", [](double v) { return std::exp(v); }},
           {"elu(0.5)", [](double v) { return 0.5 * std::exp(v); }},
           {"selu", selu_slope},
           {"celu(2)", [](double v) { return std::exp(v / 2); }}}) {
    const auto dx = through_backward(Activation(text), x, dy);
    for (std::size_t i = 0; i < x.size(); ++i)
      EXPECT_NEAR(dx[i] / slope(static_cast<double>(x[i])), 1, 1e-5) << text << "(" << x[i] << ")";
  }
  const std::vector<BFloat16> half{BFloat16(-8.5F)}, one{BFloat16(1.0F)};
  EXPECT_NEAR(static_cast<float>(through_backward(Activation("elu"), half, one)[0]) / std::exp(-8.5), 1, 0.005);
}

const char* const stored_activations[] = {"relu",
                                          "leaky_relu",
                                          "leaky_relu(0.2)",
                                          "rrelu",
                                          "rrelu(0.25,0.5)",
                                          "elu",
                                          "elu(0.5)",
                                          "relu6",
                                          "selu",
                                          "celu",
                                          "celu(2)",
                                          "gelu",
                                          "gelu_tanh",
                                          "silu",
                                          "mish",
                                          "softplus",
                                          "softplus(2,6)",
                                          "softsign",
                                          "log_sigmoid",
                                          "sigmoid",
                                          "tanh",
                                          "hardtanh",
                                          "hardtanh(-2,3)",
                                          "hardsigmoid",
                                          "hardswish",
                                          "hardshrink",
                                          "hardshrink(0.25)",
                                          "softshrink",
                                          "softshrink(0.25)",
                                          "tanhshrink",
                                          "threshold(1,5)",
                                          "identity"};

TEST(PyTorch, AgreesOnValuesAndDerivativesAtKinksAndElsewhere) {
  const io::SafeTensors file = stored_tensors("activations");
  const auto x = stored(file, "x").to_vector<double>();
  const std::vector<double> one(x.size(), 1.0);
  for (const std::string text : stored_activations) {
    const auto value = stored(file, text + " value").to_vector<double>();
    const auto derivative = stored(file, text + " derivative").to_vector<double>();
    const Activation f(text);
    on_every_level([&](kernels::Level level) {
      std::vector<double> y(x.size());
      f.entry().forward(DType::float64, x.data(), y.data(), static_cast<std::int64_t>(x.size()), f.parameters());
      const auto dx = through_backward(f, x, one);
      // PyTorch multiplies by a sixth that it holds in float32.
      const double tolerance = text == "hardsigmoid" ? 1e-8 : 1e-12;
      for (std::size_t i = 0; i < x.size(); ++i) {
        EXPECT_NEAR(y[i], value[i], 1e-13 * std::max(1.0, std::fabs(value[i])))
            << text << "(" << x[i] << ") " << kernels::name(level);
        EXPECT_NEAR(dx[i], derivative[i], tolerance)
            << "derivative of " << text << " at " << x[i] << " " << kernels::name(level);
      }
    });
  }
}

template <class Storage>
void expect_half_of_pytorch(const io::SafeTensors& file, const std::string& suffix) {
  const auto x = stored(file, "x").to_vector<double>();
  std::vector<Storage> narrow, y(x.size());
  for (const double v : x) narrow.push_back(Storage(static_cast<float>(v)));
  for (const std::string text : stored_activations) {
    const auto expected = stored(file, fmt::format("{} {}", text, suffix)).to_vector<float>();
    const Activation f(text);
    f.entry().forward(dtype_v<Storage>, narrow.data(), y.data(), static_cast<std::int64_t>(x.size()), f.parameters());
    for (std::size_t i = 0; i < x.size(); ++i) {
      // A float32 result that lies an ulp off may fall to the other side of a 16-bit midpoint.
      const float unit = std::fabs(expected[i]) * (suffix == "bfloat16" ? 0x1p-7f : 0x1p-10f) + 0x1p-24f;
      EXPECT_NEAR(static_cast<float>(y[i]), expected[i], unit) << text << "(" << x[i] << ") " << suffix;
    }
  }
}

TEST(PyTorch, AgreesOnTheHalfTypesToTheirLastBit) {
  const io::SafeTensors file = stored_tensors("activations");
  expect_half_of_pytorch<Half>(file, "float16");
  expect_half_of_pytorch<BFloat16>(file, "bfloat16");
}

}  // namespace
}  // namespace relume::activation
