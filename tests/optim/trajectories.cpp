// The optimizers beside PyTorch's on one problem: L(w) = Σ c (w − t)²/2 + Σ cos 3w.
#include <cmath>
#include <functional>
#include <memory>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/ops/arithmetic.h"
#include "relume/ops/comparison.h"
#include "relume/ops/join.h"
#include "relume/ops/pointwise.h"
#include "relume/optim/family.h"
#include "relume/optim/optimizer_table.h"
#include "tests/reference/message_of.h"
#include "tests/reference/stored.h"

namespace relume::optim {
namespace {

struct Case {
  const char* name;
  std::function<std::unique_ptr<Optimizer>(std::vector<Tensor>)> make;
};

template <class O, class Options>
auto maker(const Options& options) {
  return [options](std::vector<Tensor> w) -> std::unique_ptr<Optimizer> {
    return std::make_unique<O>(std::move(w), options);
  };
}

const Case cases[] = {
    {"sgd", maker<SGD>(SgdOptions{.lr = 0.01})},
    {"sgd momentum", maker<SGD>(SgdOptions{.lr = 0.01, .momentum = 0.9})},
    {"sgd dampening", maker<SGD>(SgdOptions{.lr = 0.01, .momentum = 0.9, .dampening = 0.3})},
    {"sgd nesterov", maker<SGD>(SgdOptions{.lr = 0.01, .momentum = 0.9, .nesterov = true})},
    {"sgd decay", maker<SGD>(SgdOptions{.lr = 0.01, .momentum = 0.5, .weight_decay = 0.1})},
    {"adam", maker<Adam>(AdamOptions{.lr = 0.01})},
    {"adam decay",
     maker<Adam>(AdamOptions{.lr = 0.02, .beta1 = 0.8, .beta2 = 0.99, .epsilon = 1e-6, .weight_decay = 0.1})},
    {"adamw", maker<AdamW>(AdamOptions{.lr = 0.01, .weight_decay = 0.01})},
    {"adamw decay", maker<AdamW>(AdamOptions{.lr = 0.02, .weight_decay = 0.2})},
    {"adagrad", maker<Adagrad>(AdagradOptions{.lr = 0.05})},
    {"adagrad decay",
     maker<Adagrad>(AdagradOptions{.lr = 0.1, .lr_decay = 0.01, .weight_decay = 0.1, .initial_accumulator = 0.2})},
    {"nadam", maker<NAdam>(NAdamOptions{.lr = 0.003})},
    {"nadam decay",
     maker<NAdam>(NAdamOptions{
         .lr = 0.003, .beta1 = 0.8, .beta2 = 0.99, .epsilon = 1e-6, .weight_decay = 0.1, .momentum_decay = 0.01})},
    {"nadam decoupled", maker<NAdam>(NAdamOptions{.lr = 0.002, .weight_decay = 0.2, .decoupled_weight_decay = true})},
    {"rmsprop", maker<RMSprop>(RmspropOptions{.lr = 0.01})},
    {"rmsprop momentum",
     maker<RMSprop>(RmspropOptions{.lr = 0.001, .alpha = 0.9, .weight_decay = 0.05, .momentum = 0.8})},
};
const Case without_pytorch = {"lion", maker<Lion>(LionOptions{.lr = 0.01, .weight_decay = 0.1})};

std::vector<Case> all_cases() {
  std::vector<Case> all(std::begin(cases), std::end(cases));
  all.push_back(without_pytorch);
  return all;
}

/// Walks 200 steps; the parameter has no gradient in the first `without`.
void expect_trajectory(const Case& c, DType dtype, int without, const std::string& suffix) {
  const io::SafeTensors file = stored_tensors("optimizers");
  const auto input = [&](const char* name) { return stored(file, name).to(dtype); };
  const Tensor w = input("start").clone().requires_grad_(), target = input("target"), curvature = input("curvature");
  const auto optimizer = c.make({w});
  // Near a minimum RMSprop steps to and fro by its rate, which magnifies rounding from step to step.
  const bool magnifies = std::string_view(c.name).starts_with("rmsprop");
  for (int step = 1; step <= 200; ++step) {
    const Tensor at = w.detach();
    if (step > without) w.set_grad(curvature * (at - target) - sin(at * 3) * 3);
    optimizer->step();
    if (step == 1 || step == 10 || step == 200) {
      const double tolerance = dtype == float64 ? 1e-8 : step == 200 && magnifies ? 5e-3 : 1e-5;
      const Tensor expected = stored(file, std::string(c.name) + suffix + " " + std::to_string(step));
      EXPECT_TRUE(allclose(w, expected, tolerance, tolerance))
          << c.name << suffix << " step " << step << " " << name(dtype);
    }
  }
}

TEST(Optimizers, WalkWherePyTorchsWalk) {
  for (const Case& c : cases)
    for (const DType dtype : {float64, float32}) expect_trajectory(c, dtype, 0, "");
}

TEST(Optimizers, WalkAsLionsFormulaSays) {
  const std::vector<double> gradients = {0.5, -2, 0, 3, -1e-3, 0.25};
  const double lr = 0.03, beta1 = 0.8, beta2 = 0.95, decay = 0.1;
  for (const DType dtype : {float64, float32}) {
    const Tensor w = tensor({1.0, -2.0, 0.5, 0.25, 3.0, 0.0}, dtype).requires_grad_();
    Lion lion({w}, {.lr = lr, .beta1 = beta1, .beta2 = beta2, .weight_decay = decay});
    std::vector<double> expected = w.to_vector<double>(), mean(expected.size());
    for (int step = 0; step < 40; ++step) {
      std::vector<double> g = gradients;
      for (std::size_t i = 0; i < g.size(); ++i) {
        g[i] *= std::cos(0.7 * step) + 0.1;  // turns its sign, at times against the mean's
        const double direction = beta1 * mean[i] + (1 - beta1) * g[i];
        const double sign = direction > 0 ? 1 : direction < 0 ? -1 : 0;
        expected[i] -= lr * (sign + decay * expected[i]);
        mean[i] = beta2 * mean[i] + (1 - beta2) * g[i];
      }
      w.set_grad(from_vector(g).to(dtype));
      lion.step();
      const double tolerance = dtype == float64 ? 1e-12 : 1e-5;
      ASSERT_TRUE(allclose(w, from_vector(expected), tolerance, tolerance)) << name(dtype) << " step " << step;
    }
  }
}

TEST(Optimizers, AreFoundByNameWithTheSettingsOfARun) {
  EXPECT_EQ(optimizers().size(), optimizer_names().size());
  for (const OptimizerEntry& entry : optimizers()) {
    const Tensor w = tensor({1.0, -2.0}, {float64, true});
    const auto optimizer = entry.make({w}, {.lr = 0.25, .weight_decay = 0.5});
    EXPECT_EQ(optimizer->lr(), 0.25) << entry.info.name;
    w.set_grad(zeros({2}, float64));
    optimizer->step();
    // All take the decay, through a gradient of nothing else too.
    EXPECT_LT(w.to_vector<double>()[0], 1) << entry.info.name;
    EXPECT_GT(w.to_vector<double>()[1], -2) << entry.info.name;
    EXPECT_EQ(&find_optimizer(entry.info.name).info, &entry.info);
  }
  EXPECT_THAT(message_of<ValueError>([] { find_optimizer("adamax"); }), testing::HasSubstr("adamw, sgd"));
}

TEST(Optimizers, StepGroupsWithTheirOwnOptionsAsPyTorchs) {
  const io::SafeTensors file = stored_tensors("optimizers");
  const Tensor start = stored(file, "start"), target = stored(file, "target"), curvature = stored(file, "curvature");
  std::vector<Tensor> halves;
  for (const Tensor& half : split(start, 12)) halves.push_back(half.clone().requires_grad_());
  Adam adam(
      {{{halves[0]}, {.lr = 0.01}}, {{halves[1]}, {.lr = 0.03, .beta1 = 0.7, .beta2 = 0.9, .weight_decay = 0.1}}});
  EXPECT_EQ(adam.groups(), 2u);
  for (int step = 1; step <= 200; ++step) {
    for (std::int64_t i = 0; i < 2; ++i) {
      Tensor& w = halves[static_cast<std::size_t>(i)];
      const auto half = [&](const Tensor& t) { return t.slice(0, 12 * i, 12 * (i + 1)); };
      w.set_grad(half(curvature) * (w.detach() - half(target)) - sin(w.detach() * 3) * 3);
    }
    adam.step();
    if (step != 20 && step != 200) continue;
    // The quick second group steps to and fro around its minimum, which magnifies rounding.
    const double tolerance = step == 20 ? 1e-12 : 1e-5;
    EXPECT_TRUE(allclose(cat(halves).detach(), stored(file, "adam groups " + std::to_string(step)), 0, tolerance))
        << step;
  }
}

TEST(Optimizers, TakeMomentumInOneGroupAndNoneInAnother) {
  const Tensor a = tensor({1.0}, {float64, true}), b = tensor({1.0}, {float64, true});
  const Tensor c = a.clone().detach().requires_grad_(), d = b.clone().detach().requires_grad_();
  SGD both({{{a}, {.lr = 0.1, .momentum = 0.9}}, {{b}, {.lr = 0.2}}});
  SGD with({c}, {.lr = 0.1, .momentum = 0.9}), without({d}, {.lr = 0.2});
  for (int i = 0; i < 5; ++i) {
    for (const Tensor& w : {a, b, c, d}) w.set_grad(w.detach() * 2);
    both.step();
    with.step();
    without.step();
  }
  EXPECT_TRUE(equal(a, c));
  EXPECT_TRUE(equal(b, d));
}

TEST(Optimizers, RefuseGroupsThatMakeNoSense) {
  const Tensor w = zeros({2}, {float32, true});
  EXPECT_THROW(Adam({{{}, {.lr = 0.1}}}), ValueError);
  EXPECT_THROW(Adam({{{w}, {.lr = 0.1}}, {{w}, {.lr = 0.2}}}), ValueError);
  EXPECT_THROW(SGD({{{w}, {.lr = -1}}}), ValueError);
  EXPECT_THROW(Adagrad({w}, {.lr_decay = -1}), ValueError);
  EXPECT_THROW(NAdam({w}, {.momentum_decay = -1}), ValueError);
  EXPECT_THROW(Lion({w}, {.beta2 = 1}), ValueError);
}

TEST(Optimizers, BeginAParametersOwnCountWithItsFirstGradient) {
  for (const Case& c : cases) expect_trajectory(c, float64, 5, " late");
}

TEST(Optimizers, GoOnFromASavedStateAsIfTheyHadNotStopped) {
  for (const Case& c : all_cases()) {
    const auto step = [](Optimizer& optimizer, const Tensor& w) {
      w.set_grad(w.detach() * 3 - 1);
      optimizer.step();
    };
    const Tensor whole = tensor({1.0, -2.0, 0.5}, {float64, true}), first = whole.clone().detach().requires_grad_();
    const auto one = c.make({whole}), two = c.make({first});
    for (int i = 0; i < 130; ++i) step(*one, whole);
    for (int i = 0; i < 70; ++i) step(*two, first);
    const Tensor second = first.clone().detach().requires_grad_();
    const auto three = c.make({second});
    three->load_state(two->state(), two->steps());
    for (int i = 70; i < 130; ++i) step(*three, second);
    EXPECT_TRUE(equal(whole, second)) << c.name;
    EXPECT_EQ(three->steps(), 130);
  }
}

TEST(Optimizers, ScaleTheGradientOnTheFly) {
  for (const Case& c : all_cases()) {
    const Tensor a = tensor({1.0, -2.0}, {float64, true}), b = a.clone().detach().requires_grad_();
    const auto scaled = c.make({a}), plain = c.make({b});
    a.set_grad(tensor({4.0, 8.0}, float64));
    b.set_grad(tensor({1.0, 2.0}, float64));
    scaled->step(0.25);
    plain->step();
    EXPECT_TRUE(equal(a, b)) << c.name;
  }
}

}  // namespace
}  // namespace relume::optim
