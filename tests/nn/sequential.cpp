#include "relume/nn/sequential.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/rng.h"
#include "relume/nn/activations.h"
#include "relume/nn/linear.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/comparison.h"
#include "relume/ops/reduce.h"

namespace relume::nn {
namespace {

TEST(Sequential, GivesFusedWhatItsModulesGiveOneByOne) {
  manual_seed(1);
  for (const char* activation : {"relu", "gelu", "tanh", "leaky_relu(0.2)", "hardswish"}) {
    Sequential net{Linear(7, 33), Activate(activation), Linear(33, 20), Activate(activation), Linear(20, 3)};
    const Tensor x = randn({65, 7});
    const auto gradients = [&](auto&& forward) {
      for (const Tensor& parameter : net.parameters()) parameter.set_grad(Tensor());
      const Tensor y = forward();
      sum(y * y).backward();
      std::vector<Tensor> results = {y.detach()};
      for (const Tensor& parameter : net.parameters()) results.push_back(parameter.grad());
      return results;
    };
    const auto fused = gradients([&] { return net(x); });
    const auto apart = gradients([&] {
      Tensor y = x;
      for (std::size_t i = 0; i < net.size(); ++i) y = net[i](y);
      return y;
    });
    for (std::size_t i = 0; i < fused.size(); ++i)
      EXPECT_TRUE(allclose(fused[i], apart[i], 1e-4, 1e-3)) << activation << " " << i;
  }
}

TEST(Sequential, CallsTheHooksOfModulesThatItCouldFuse) {
  Sequential net{Linear(2, 3), ReLU(), Linear(3, 1)};
  int linear_calls = 0, relu_calls = 0;
  net[0].add_hook([&](const Module&, const Tensor& y) {
    ++linear_calls;
    EXPECT_LT(min(y).item<double>(), 0);  // not yet through the activation
  });
  net[1].add_hook([&](const Module&, const Tensor& y) {
    ++relu_calls;
    EXPECT_EQ(min(y).item<double>(), 0);
  });
  manual_seed(4);
  net(randn({100, 2}));
  EXPECT_EQ(linear_calls, 1);
  EXPECT_EQ(relu_calls, 1);
}

struct Doubled : Linear {
  using Linear::Linear;
  Tensor forward(const Tensor& x) override { return Linear::forward(x) * 2; }
};

TEST(Sequential, CallsTheForwardOfALayerThatDerivesFromLinear) {
  Sequential net{Doubled(2, 3), ReLU()};
  const Tensor x = ones({1, 2});
  EXPECT_TRUE(equal(net(x), net[1](net[0](x))));
}

TEST(Sequential, OfNothingIsTheIdentity) {
  Sequential net;
  const Tensor x = ones({2});
  EXPECT_TRUE(equal(net(x), x));
}

TEST(Sequential, SharesItsModulesWhenItIsCopied) {
  Sequential net{Linear(2, 3), ReLU()};
  const Sequential copy = net;  // NOLINT(performance-unnecessary-copy-initialization): the copy is what is tested
  EXPECT_TRUE(copy.parameters()[0].same_as(net.parameters()[0]));
}

}  // namespace
}  // namespace relume::nn
