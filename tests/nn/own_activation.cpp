// A user's own activation, from outside of the tree, is all that relume's are: an operation with a gradient, a module,
// the end of a fused product, a word in the text of a network.
#include <cmath>

#include <gtest/gtest.h>

#include "relume/activation/make_entry.h"
#include "relume/autograd/gradcheck.h"
#include "relume/base/rng.h"
#include "relume/nn/activations.h"
#include "relume/nn/architecture.h"
#include "relume/nn/linear.h"
#include "relume/ops/activation.h"
#include "relume/ops/comparison.h"
#include "relume/ops/linear.h"

namespace relume {
namespace {

/// x²/(1 + |x|), of the sign of x.
struct Bend {
  static constexpr activation::Info info{
      .name = "bend", .module = "Bend", .formula = "x*|x|/(1 + |x|)", .reference = ""};

  template <class V>
  V forward(V x) const {
    return x * activation::abs(x) / (V(1) + activation::abs(x));
  }
  static constexpr auto saves = activation::Saves::input;
  template <class V>
  V derivative(V x) const {
    const V size = activation::abs(x);
    return size * (V(2) + size) / ((V(1) + size) * (V(1) + size));
  }
};

const activation::Entry& bend() {
  static const activation::Entry entry = [] { return activation::make_entry<Bend>(); }();
  static const bool registered = (register_activation(entry), true);
  static_cast<void>(registered);
  return entry;
}

double expected(double x) { return x * std::fabs(x) / (1 + std::fabs(x)); }

TEST(OwnActivation, IsAnOperationWithAGradient) {
  manual_seed(1);
  const Activation f(bend());
  const Tensor x = randn({4, 5}, float64).requires_grad_();
  const Tensor y = activate(f, x);
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 5; ++j) EXPECT_NEAR(y[i][j].item<double>(), expected(x[i][j].item<double>()), 1e-14);
  EXPECT_EQ(gradcheck([&](const std::vector<Tensor>& in) { return activate(f, in[0]); }, {x}), "");
}

TEST(OwnActivation, EndsAFusedProduct) {
  manual_seed(2);
  const Activation f(bend());
  const std::vector<Tensor> in = {randn({7, 5}, float64).requires_grad_(), randn({3, 5}, float64).requires_grad_(),
                                  randn({3}, float64).requires_grad_()};
  EXPECT_TRUE(allclose(linear(in[0], in[1], in[2], &f), activate(f, linear(in[0], in[1], in[2])), 1e-12, 1e-12));
  EXPECT_EQ(gradcheck([&](const std::vector<Tensor>& x) { return linear(x[0], x[1], x[2], &f); }, in), "");
}

TEST(OwnActivation, IsAModuleAndAWordInTheTextOfANetwork) {
  manual_seed(3);
  bend();
  nn::Activate module("bend");
  EXPECT_EQ(module.describe(), "Bend()");
  const Tensor x = randn({6, 4});
  EXPECT_TRUE(equal(module(x), activate(Activation("bend"), x)));
  Rng rng(1);
  const auto net = nn::build(nn::parse_architecture("linear(8) bend"), 4, 2, rng);
  const Tensor hidden = (*net)[0](x);
  EXPECT_TRUE(allclose((*net)(x), (*net)[2](activate(Activation("bend"), hidden)), 1e-5, 1e-6));
}

}  // namespace
}  // namespace relume
