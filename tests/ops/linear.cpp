#include "relume/ops/linear.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/rng.h"
#include "relume/ops/activation.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/comparison.h"
#include "relume/ops/matmul.h"
#include "relume/ops/reduce.h"
#include "tests/reference/message_of.h"
#include "tests/reference/stored.h"

namespace relume {
namespace {

using ::testing::HasSubstr;

const char* const stored_functions[] = {
    "identity", "relu",        "relu6",     "leaky_relu(0.2)", "elu",        "elu(0.5)",    "selu",    "celu",
    "gelu",     "silu",        "mish",      "softplus",        "softsign",   "log_sigmoid", "sigmoid", "tanh",
    "hardtanh", "hardsigmoid", "hardswish", "hardshrink",      "softshrink", "tanhshrink"};

TEST(Linear, GivesPyTorchsValuesAndGradientsWithEveryActivation) {
  const io::SafeTensors file = stored_tensors("linear");
  for (const DType dtype : {float64, float32}) {
    // PyTorch's hardsigmoid has its 1/6 in float even for double.
    const double tolerance = dtype == float64 ? 1e-7 : 3e-5;
    for (const char* name : stored_functions) {
      const auto input = [&](const char* key) { return stored(file, key).to(dtype).clone().requires_grad_(); };
      const Tensor x = input("x"), weight = input("weight"), bias = input("bias");
      const Activation f(name);
      const Tensor y = linear(x, weight, bias, &f);
      y.backward(stored(file, "dy").to(dtype));
      const auto expect_close = [&](const Tensor& got, const std::string& key) {
        EXPECT_TRUE(allclose(got, stored(file, std::string(name) + " " + key), tolerance, tolerance))
            << name << " " << key;
      };
      expect_close(y, "y");
      expect_close(x.grad(), "x");
      expect_close(weight.grad(), "weight");
      expect_close(bias.grad(), "bias");
    }
  }
}

TEST(Linear, GivesTheSameFusedAsApart) {
  manual_seed(1);
  for (const activation::Entry& entry : activation::table()) {
    if (entry.kind != activation::Kind::elementwise) continue;
    const Activation f(entry);
    for (const auto& [shape, outputs] :
         std::vector<std::pair<Shape, std::int64_t>>{{{1, 7}, 19}, {{70, 33}, 19}, {{2, 3, 5}, 19}, {{16, 100}, 150}}) {
      const Tensor x = randn(shape), weight = randn({outputs, shape[-1]}), bias = randn({outputs});
      const auto gradients = [&](bool fused) {
        const Tensor a = x.clone().requires_grad_(), w = weight.clone().requires_grad_(),
                     b = bias.clone().requires_grad_();
        const Tensor y = fused ? linear(a, w, b, &f) : activate(f, linear(a, w, b));
        sum(y * y).backward();
        return std::vector<Tensor>{y.detach(), a.grad(), w.grad(), b.grad()};
      };
      const auto together = gradients(true), apart = gradients(false);
      for (std::size_t i = 0; i < together.size(); ++i) {
        const double size = std::max(max(together[i]).item<double>(), -min(together[i]).item<double>());
        EXPECT_TRUE(allclose(together[i], apart[i], 1e-5, 1e-5 * size)) << entry.info.name << " " << i;
      }
    }
  }
}

TEST(Linear, TakesStridedInputsWeightsAndBiases) {
  manual_seed(2);
  const Tensor x = randn({3, 4}, float64), weight = randn({4, 6}, float64), bias = randn({5, 2}, float64);
  const Tensor y = linear(x.t().slice(1, 0, 3, 1), weight.t().slice(0, 0, 5).slice(1, 0, 3), bias.select(1, 1));
  const Tensor expected = matmul(x.t(), weight.t().slice(0, 0, 5).slice(1, 0, 3).t()) + bias.select(1, 1);
  EXPECT_TRUE(allclose(y, expected, 1e-12, 1e-12));
}

TEST(Linear, TakesNoRows) {
  const Tensor weight = ones({3, 2}, {float32, true});
  const Tensor y = linear(zeros({0, 2}), weight, ones({3}));
  EXPECT_EQ(y.shape(), (Shape{0, 3}));
  sum(y).backward();
  EXPECT_TRUE(equal(weight.grad(), zeros({3, 2})));
}

TEST(Linear, GivesNoOutputsGradientsToo) {
  const Tensor x = randn({4, 3}).requires_grad_(), weight = empty({0, 3}, {float32, true}),
               bias = empty({0}, {float32, true});
  const Tensor y = linear(x, weight, bias);
  EXPECT_EQ(y.shape(), (Shape{4, 0}));
  y.backward(empty({4, 0}));
  EXPECT_TRUE(equal(x.grad(), zeros({4, 3})));
  EXPECT_EQ(weight.grad().shape(), (Shape{0, 3}));
  EXPECT_EQ(bias.grad().shape(), Shape{0});
}

TEST(Linear, SaysWhichSizesAndTypesDoNotFit) {
  const Tensor weight = ones({5, 12});
  EXPECT_EQ(message_of<ShapeError>([&] {
              linear(ones({32, 13}), weight);
            }),
            "linear: input is [32, 13] but the layer takes 12 features");
  EXPECT_THAT(message_of<ShapeError>([&] { linear(ones({2, 12}), weight, ones({4})); }), HasSubstr("bias of [4]"));
  EXPECT_THAT(message_of<DTypeError>([&] { linear(ones({2, 12}, float64), weight); }), HasSubstr("float64"));
  EXPECT_THAT(message_of<DTypeError>([&] { linear(ones({2, 12}), weight, ones({5}, float64)); }), HasSubstr("bias"));
}

}  // namespace
}  // namespace relume
