#include <chrono>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/autograd/function.h"
#include "relume/autograd/grad.h"
#include "relume/autograd/grad_mode.h"
#include "relume/autograd/gradcheck.h"
#include "relume/autograd/node.h"
#include "relume/base/parallel.h"
#include "relume/ops/activation.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/matmul.h"
#include "relume/ops/pointwise.h"
#include "relume/ops/reduce.h"
#include "tests/reference/message_of.h"

namespace relume {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Tensor leaf(std::initializer_list<double> values) { return tensor(values, {float64, true}); }
std::vector<double> grad_of(const Tensor& t) { return t.grad().to_vector<double>(); }

TEST(Backward, SumsTheGradientsOfATensorThatIsUsedTwice) {
  const Tensor x = leaf({3, -2});
  const Tensor y = x * x;
  sum(y + y * x).backward();  // d/dx (x² + x³)
  EXPECT_THAT(grad_of(x), ElementsAre(6 + 27, -4 + 12));
}

TEST(Backward, WaitsForAllUsesBeforeItGoesOn) {
  const Tensor x = leaf({2});
  const Tensor a = x * 3, b = a * a;
  Tensor y = b;
  for (int i = 0; i < 20; ++i) y = y + b;  // a walk that visited b once a use would take 2²⁰ steps further down
  for (int i = 0; i < 60; ++i) y = y + y;
  y.backward(full({1}, 1, float64));
  EXPECT_EQ(grad_of(x)[0], 2 * 9 * 2 * 21 * std::pow(2.0, 60));
}

TEST(Backward, AddsToTheGradientThatIsThere) {
  const Tensor x = leaf({1, 2});
  sum(x * 2).backward();
  const Tensor held = x.grad();
  sum(x * 3).backward();
  EXPECT_THAT(grad_of(x), ElementsAre(5, 5));
  EXPECT_TRUE(held.same_as(x.grad()));
}

TEST(Backward, AddsToAGradientThatTheUserSetAsAStridedView) {
  const Tensor x = zeros({2, 3}, {float64, true});
  const Tensor set = arange(0, 6, 1, float64).reshape({3, 2});
  x.set_grad(set.t());
  sum(x * set.reshape({2, 3}) * 10).backward();
  EXPECT_THAT(grad_of(x), ElementsAre(0, 12, 24, 31, 43, 55));
}

TEST(Backward, DoesNotWriteIntoTheGradientThatItWasGiven) {
  const Tensor x = leaf({1, 2}), gradient = tensor({10, 20}, float64);
  const Tensor y = x.clone();
  (y + y).backward(gradient);
  EXPECT_THAT(grad_of(x), ElementsAre(20, 40));
  EXPECT_THAT(gradient.to_vector<double>(), ElementsAre(10, 20));
  x.backward(gradient);
  x.backward(gradient);
  EXPECT_THAT(grad_of(x), ElementsAre(40, 80));
  EXPECT_THAT(gradient.to_vector<double>(), ElementsAre(10, 20));
}

TEST(Backward, GivesLeavesGradientsThatShareNoMemory) {
  const Tensor a = leaf({1, 2}), b = leaf({3, 4});
  sum(a + b).backward();
  a.grad().fill_(7);
  EXPECT_THAT(grad_of(b), ElementsAre(1, 1));
}

TEST(Backward, RefusesASecondTimeUnlessTheGraphWasRetained) {
  const Tensor x = leaf({3});
  const Tensor y = x * x;
  y.backward({}, true);
  y.backward();
  EXPECT_THAT(grad_of(x), ElementsAre(12));
  EXPECT_THAT(message_of<ValueError>([&] { y.backward(); }), HasSubstr("retain_graph"));
}

TEST(Backward, RefusesATensorThatWasWrittenToAfterItWasSaved) {
  const Tensor x = leaf({3});
  Tensor factor = tensor({2.0}, float64);
  const Tensor y = x * factor;
  factor.fill_(5);
  EXPECT_THAT(message_of<ValueError>([&] { y.backward(); }), HasSubstr("MulBackward0 saved was written to in place"));
}

TEST(Backward, NoticesAWriteThroughAView) {
  const Tensor x = zeros({2, 2}, {float64, true});
  const Tensor factor = ones({2, 2}, float64);
  const Tensor y = sum(x * factor);
  factor[0].fill_(5);
  EXPECT_THROW(y.backward(), ValueError);
}

TEST(Backward, IgnoresWritesToWhatAdditionNeverSaved) {
  const Tensor x = leaf({3});
  Tensor term = tensor({2.0}, float64);
  const Tensor y = x + term;
  term.fill_(5);
  y.backward();
  EXPECT_THAT(grad_of(x), ElementsAre(1));
}

TEST(Backward, RefusesAWriteIntoALeafThatRequiresAGradient) {
  Tensor x = leaf({3});
  EXPECT_THAT(message_of<ValueError>([&] { x.fill_(1); }), HasSubstr("NoGradGuard"));
  const NoGradGuard guard;
  x.fill_(1);
  EXPECT_EQ(x.item<double>(), 1);
}

TEST(Backward, NeedsAGradientOfTheRightShapeAndTypeForMoreThanOneElement) {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * 2;
  EXPECT_THROW(y.backward(), ValueError);
  EXPECT_THROW(y.backward(ones({3}, float64)), ShapeError);
  EXPECT_THROW(y.backward(ones({2}, float32)), DTypeError);
  y.backward(tensor({1, 10}, float64));
  EXPECT_THAT(grad_of(x), ElementsAre(2, 20));
}

TEST(Backward, RefusesATensorOutsideOfAnyGraph) {
  EXPECT_THAT(message_of<ValueError>([] { scalar(1).backward(); }), HasSubstr("does not require a gradient"));
}

TEST(Backward, StopsAtDetach) {
  const Tensor x = leaf({3});
  const Tensor y = x * x.detach();
  y.backward();
  EXPECT_THAT(grad_of(x), ElementsAre(3));
  EXPECT_FALSE(x.detach().requires_grad());
  EXPECT_EQ(x.detach().raw_data(), x.raw_data());
}

TEST(Backward, RecordsNothingUnderANoGradGuard) {
  const Tensor x = leaf({3});
  Tensor y;
  {
    const NoGradGuard outer;
    { const NoGradGuard inner; }
    y = x * x;
  }
  EXPECT_FALSE(y.requires_grad());
  EXPECT_TRUE(y.is_leaf());
  EXPECT_TRUE((x * x).requires_grad());
}

TEST(Backward, LeavesInputsWithoutGradientAlone) {
  const Tensor x = leaf({3}), constant = tensor({2.0}, float64);
  (x * constant).backward();
  EXPECT_FALSE(constant.grad().defined());
}

TEST(Backward, GivesOnlyLeavesAGradient) {
  const Tensor x = leaf({3});
  const Tensor y = x * 2;
  (y * y).backward();
  EXPECT_FALSE(y.grad().defined());
  EXPECT_TRUE(x.is_leaf());
  EXPECT_FALSE(y.is_leaf());
}

TEST(Backward, SumsTheGradientOfAnExpandedViewIntoItsLeaf) {
  const Tensor x = leaf({1, 2});
  const Tensor wide = x.unsqueeze(1).expand({3, 2, 4});
  sum(wide * wide).backward();
  EXPECT_THAT(grad_of(x), ElementsAre(24, 48));
}

TEST(Backward, GivesALeafThatIsAnExpandedViewADenseGradient) {
  Tensor x = tensor({2.0}, float64).expand({3}).detach();
  x.requires_grad_();
  for (int i = 0; i < 2; ++i) sum(x * tensor({1, 2, 3}, float64)).backward();
  EXPECT_THAT(grad_of(x), ElementsAre(2, 4, 6));
  EXPECT_TRUE(x.grad().is_contiguous());
}

TEST(Backward, BringsAGradientBackToItsLeafsType) {
  const Tensor x = tensor({1.0, 2.0}, {float32, true});
  sum(x * tensor({3.0, 4.0}, float64)).backward();
  EXPECT_EQ(x.grad().dtype(), float32);
  EXPECT_THAT(grad_of(x), ElementsAre(3, 4));
}

double seconds_for_chain(int length) {
  const auto began = std::chrono::steady_clock::now();
  const Tensor x = tensor({1.0}, {float64, true});
  Tensor y = x;
  for (int i = 0; i < length; ++i) y = y + 1;
  y.backward();
  EXPECT_EQ(grad_of(x)[0], 1);
  y = Tensor();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

TEST(Backward, WalksAndFreesAChainOfAHundredThousandNodesInLinearTime) {
  seconds_for_chain(10'000);
  const double small = std::min(seconds_for_chain(20'000), seconds_for_chain(20'000));
  EXPECT_LT(seconds_for_chain(200'000), 60 * small);
}

TEST(Backward, FreesAChainThatWasNeverWalked) {
  const Tensor x = tensor({1.0}, {float64, true});
  Tensor y = x;
  for (int i = 0; i < 100'000; ++i) y = y * 1.0;
  y = Tensor();
  sum(x).backward();
  EXPECT_EQ(grad_of(x)[0], 1);
}

// Products of such numbers take ten times as long. Neither is the result to depend on the number of threads.
TEST(Backward, CountsNumbersBelowTheNormalOnesAsZeroOnEveryThread) {
  const int threads = num_threads();
  for (const int wanted : {1, 2, 3}) {
    set_num_threads(wanted);
    Tensor weight = ones({784, 512}, {float32, true});
    const Tensor y = matmul(ones({64, 784}), weight);
    Tensor gradient = full(y.shape(), 1e-39);
    gradient.select(0, 0).fill_(1e-30);
    y.backward(gradient);
    EXPECT_EQ(weight.grad().to_vector<float>(), full(weight.shape(), 1e-30).to_vector<float>()) << wanted;
  }
  set_num_threads(threads);
}

TEST(Backward, LeavesTheMachinesArithmeticAsItWas) {
  Tensor x = leaf({1, 2});
  sum(x * x).backward();
  volatile float tiny = 1e-39f;
  EXPECT_GT(tiny * 0.5f, 0);
}

TEST(Backward, TakesAUsersOwnOperation) {
  const Tensor x = leaf({2, 3});
  const Tensor cube =
      record(x.detach() * x.detach() * x.detach(), "cube", {&x},
             [x = Saved(x)](const BackwardContext& c) -> Gradients { return {c.gradient * c(x) * c(x) * 3}; });
  sum(cube).backward();
  EXPECT_THAT(grad_of(x), ElementsAre(12, 27));
  EXPECT_THAT(to_string(cube), HasSubstr("grad_fn=<CubeBackward0>"));
}

struct Cube : Function<Cube> {
  static constexpr const char* name = "CubeBackward0";
  static Tensor forward(FunctionContext& c, const Tensor& x, double scale, const Tensor& shift) {
    c.save_for_backward({x, scalar(scale, x.dtype())});
    return x * x * x * scale + shift;
  }
  static Gradients backward(FunctionContext& c, const Tensor& dy) {
    return {dy * c.saved(0) * c.saved(0) * 3 * c.saved(1), c.needs(1) ? dy : Tensor()};
  }
};

TEST(Function, HasABackwardOfItsOwn) {
  const Tensor x = leaf({2, 3}), shift = leaf({1, 1});
  const Tensor y = Cube::apply(x, 2.0, shift);
  EXPECT_THAT(y.to_vector<double>(), ElementsAre(17, 55));
  EXPECT_THAT(to_string(y), HasSubstr("grad_fn=<CubeBackward0>"));
  sum(y).backward();
  EXPECT_THAT(grad_of(x), ElementsAre(24, 54));
  EXPECT_THAT(grad_of(shift), ElementsAre(1, 1));
  EXPECT_EQ(gradcheck([](const auto& in) { return Cube::apply(in[0], 0.5, in[1]); }, {x, shift}), "");
}

TEST(Function, NoticesAWriteIntoWhatItSaved) {
  const Tensor x = leaf({2});
  const Tensor y = Cube::apply(x, 1.0, tensor({0.0}, float64));
  x.detach().fill_(5);
  EXPECT_THAT(message_of<ValueError>([&] { y.backward(); }), HasSubstr("CubeBackward0 saved was written to in place"));
}

struct Same : Function<Same> {
  static constexpr const char* name = "SameBackward0";
  static Tensor forward(FunctionContext&, const Tensor& x) { return x; }
  static Gradients backward(FunctionContext&, const Tensor& dy) { return {dy * 10}; }
};

TEST(Function, MayReturnItsInput) {
  const Tensor x = leaf({2});
  Same::apply(x * 1).backward();
  EXPECT_THAT(grad_of(x), ElementsAre(10));
  Same::apply(x).backward();
  EXPECT_THAT(grad_of(x), ElementsAre(20));
}

TEST(RegisterHook, SeesTheWholeGradientOfAResultAndMayReplaceIt) {
  const Tensor x = leaf({2});
  const Tensor y = x * 3;
  std::vector<double> seen;
  y.register_hook([&](const Tensor& gradient) {
    seen.push_back(gradient.item<double>());
    return gradient * 10;
  });
  y.register_hook([&](const Tensor& gradient) {
    seen.push_back(gradient.item<double>());
    return Tensor();
  });
  (y * y + y).backward();  // dL/dy = 2 y + 1
  EXPECT_THAT(seen, ElementsAre(13, 130));
  EXPECT_THAT(grad_of(x), ElementsAre(390));
}

TEST(RegisterHook, SeesTheSumOfALeafsSharesOnceAPass) {
  const Tensor x = leaf({2});
  std::vector<double> seen;
  x.register_hook([&](const Tensor& gradient) {
    seen.push_back(gradient.item<double>());
    return -gradient;
  });
  (x * x + x * 5).backward();
  (x * 2).backward();
  EXPECT_THAT(seen, ElementsAre(9, 2));
  EXPECT_THAT(grad_of(x), ElementsAre(-11));
}

TEST(RegisterHook, RefusesAGradientOfAnotherShape) {
  const Tensor x = leaf({1, 2});
  x.register_hook([](const Tensor& gradient) { return sum(gradient); });
  EXPECT_THROW(sum(x * 2).backward(), ShapeError);
  EXPECT_THROW(tensor({1.0}).register_hook([](const Tensor& g) { return g; }), ValueError);
}

TEST(Grad, GivesGradientsOfLeavesAndResultsAndAddsToNone) {
  const Tensor x = leaf({2}), w = leaf({5}), unused = leaf({1});
  const Tensor y = x * w;
  const auto gradients = grad(y * y + x, {y, x, unused}, {}, true);
  EXPECT_EQ(gradients[0].item<double>(), 20);
  EXPECT_EQ(gradients[1].item<double>(), 101);
  EXPECT_FALSE(gradients[2].defined());
  EXPECT_FALSE(x.grad().defined() || w.grad().defined());
  EXPECT_EQ(grad(x, {x})[0].item<double>(), 1);
  EXPECT_THROW(grad(y, {tensor({1.0})}), ValueError);
  EXPECT_THROW(grad(tensor({1.0}), {x}), ValueError);
}

TEST(SetData, ChangesWhatEveryHandleLooksOnto) {
  const Tensor x = leaf({1, 2}), other = x;
  sum(x * 2).backward();
  x.set_data(tensor({{5, 6}, {7, 8}}, float32));
  EXPECT_EQ(other.shape(), (Shape{2, 2}));
  EXPECT_EQ(other.dtype(), float32);
  EXPECT_FALSE(other.grad().defined());
  EXPECT_TRUE(other.requires_grad());
  EXPECT_THROW((x * 2).set_data(x), ValueError);
  EXPECT_THROW(x.set_data(tensor({1, 2})), DTypeError);
}

TEST(SetData, KeepsTheTensorAndItsFormerMemoryWhileSomebodyHoldsThem) {
  for (const std::int64_t size : {std::int64_t{2}, std::int64_t{100'000}}) {
    Tensor x = full({size}, 1), view = x.slice(0, 0, 2);
    {
      const Tensor other = full({size}, 2);
      x.set_data(other);
      x.set_data(other);
    }
    view.fill_(3);
    EXPECT_EQ(x.select(0, 0).item<double>(), 2);
    EXPECT_EQ(view.to_vector<double>(), (std::vector<double>{3, 3}));
    x.set_data(view);
    view = Tensor();
    EXPECT_EQ(x.to_vector<double>(), (std::vector<double>{3, 3}));
    view = x.slice(0, 1, 2);
    x = full({1}, 4);
    EXPECT_EQ(view.item<double>(), 3);
    x.set_data(full({1}, 5));
    EXPECT_EQ(x.item<double>(), 5);
  }
}

TEST(RequiresGrad, IsForFloatingPointLeavesAlone) {
  EXPECT_THROW(tensor({1, 2}).requires_grad_(), DTypeError);
  Tensor y = leaf({1}) * 2;
  EXPECT_THAT(message_of<ValueError>([&] { y.requires_grad_(false); }), HasSubstr("detach"));
}

TEST(SetGrad, RefusesAGradientOfAnotherShapeOrType) {
  const Tensor x = leaf({1, 2});
  EXPECT_THROW(x.set_grad(ones({3}, float64)), ShapeError);
  EXPECT_THROW(x.set_grad(ones({2}, float32)), DTypeError);
}

}  // namespace
}  // namespace relume
