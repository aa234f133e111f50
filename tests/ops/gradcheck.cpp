// Every differentiable operation's gradient against central differences in float64.
#include "relume/autograd/gradcheck.h"

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "relume/base/rng.h"
#include "relume/nn/loss.h"
#include "relume/ops/activation.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/compare.h"
#include "relume/ops/index.h"
#include "relume/ops/join.h"
#include "relume/ops/linear.h"
#include "relume/ops/matmul.h"
#include "relume/ops/pointwise.h"
#include "relume/ops/reduce.h"

namespace relume {
namespace {

using Inputs = std::vector<Tensor>;

Tensor leaf(const Shape& shape, double low = -2, double high = 2) {
  Tensor t = empty(shape, float64);
  for (double& value : t.span<double>()) value = low + (high - low) * default_rng().uniform();
  return t.requires_grad_();
}

struct Case {
  std::string name;
  std::function<Tensor(const Inputs&)> f;
  Inputs inputs;
};

void expect_gradients(const std::vector<Case>& cases) {
  for (const Case& c : cases) EXPECT_EQ(gradcheck(c.f, c.inputs), "") << c.name;
}

TEST(Gradcheck, FindsAWrongGradient) {
  manual_seed(1);
  const Tensor x = leaf({3});
  const auto half_hidden = [](const Inputs& in) { return in[0] * in[0].detach(); };
  EXPECT_NE(gradcheck(half_hidden, {x}), "");
  EXPECT_EQ(gradcheck([](const Inputs& in) { return in[0] * in[0]; }, {x}), "");
}

TEST(Gradcheck, AgreesForArithmeticWithBroadcasting) {
  manual_seed(2);
  const auto shapes = std::vector<std::pair<Shape, Shape>>{{{3, 4}, {3, 4}}, {{3, 4}, {4}}, {{3, 1}, {1, 4}},
                                                           {{}, {2, 3}},     {{2, 3}, {}},  {{2, 1, 3}, {4, 1}}};
  std::vector<Case> cases;
  for (const auto& [a, b] : shapes) {
    const std::string what = to_string(a) + to_string(b);
    cases.push_back({"add" + what, [](const Inputs& in) { return in[0] + in[1]; }, {leaf(a), leaf(b)}});
    cases.push_back({"sub" + what, [](const Inputs& in) { return in[0] - in[1]; }, {leaf(a), leaf(b)}});
    cases.push_back({"mul" + what, [](const Inputs& in) { return in[0] * in[1]; }, {leaf(a), leaf(b)}});
    cases.push_back({"div" + what, [](const Inputs& in) { return in[0] / in[1]; }, {leaf(a), leaf(b, 0.5, 2)}});
    cases.push_back({"pow" + what, [](const Inputs& in) { return pow(in[0], in[1]); }, {leaf(a, 0.5, 2), leaf(b)}});
    cases.push_back({"max" + what, [](const Inputs& in) { return maximum(in[0], in[1]); }, {leaf(a), leaf(b)}});
    cases.push_back({"min" + what, [](const Inputs& in) { return minimum(in[0], in[1]); }, {leaf(a), leaf(b)}});
  }
  expect_gradients(cases);
}

TEST(Gradcheck, AgreesForNumbersBesideATensor) {
  manual_seed(3);
  const Inputs x = {leaf({5})}, positive = {leaf({5}, 0.5, 2)};
  expect_gradients({{"add", [](const Inputs& in) { return in[0] + 2; }, x},
                    {"sub", [](const Inputs& in) { return 2 - in[0]; }, x},
                    {"mul", [](const Inputs& in) { return 0.5 * in[0]; }, x},
                    {"div", [](const Inputs& in) { return in[0] / 3; }, x},
                    {"reciprocal", [](const Inputs& in) { return 1 / in[0]; }, positive},
                    {"square", [](const Inputs& in) { return pow(in[0], 2); }, x},
                    {"cube root", [](const Inputs& in) { return pow(in[0], 1.0 / 3); }, positive},
                    {"neg", [](const Inputs& in) { return -in[0]; }, x},
                    {"both sides", [](const Inputs& in) { return in[0] * in[0] + in[0]; }, x}});
}

TEST(Gradcheck, AgreesForFunctionsOfOneElement) {
  manual_seed(4);
  const Inputs x = {leaf({3, 3})}, positive = {leaf({3, 3}, 0.3, 3)};
  const Tensor condition = leaf({3, 3}).detach() > 0;
  expect_gradients(
      {{"abs", [](const Inputs& in) { return abs(in[0]); }, x},
       {"exp", [](const Inputs& in) { return exp(in[0]); }, x},
       {"log", [](const Inputs& in) { return log(in[0]); }, positive},
       {"sqrt", [](const Inputs& in) { return sqrt(in[0]); }, positive},
       {"sin", [](const Inputs& in) { return sin(in[0]); }, x},
       {"cos", [](const Inputs& in) { return cos(in[0]); }, x},
       {"sign", [](const Inputs& in) { return sign(in[0]); }, x},
       {"clamp", [](const Inputs& in) { return clamp(in[0], -0.7, 0.9); }, x},
       {"clamp below", [](const Inputs& in) { return clamp(in[0], 0.1); }, x},
       {"where", [&](const Inputs& in) { return where(condition, in[0], in[1]); }, {leaf({3, 3}), leaf({3})}},
       {"to", [](const Inputs& in) { return in[0].to(float64) * 2; }, x}});
}

TEST(Gradcheck, AgreesForReductions) {
  manual_seed(5);
  const Inputs x = {leaf({2, 3, 4})};
  expect_gradients({{"sum", [](const Inputs& in) { return sum(in[0]); }, x},
                    {"sum 1", [](const Inputs& in) { return sum(in[0], {1}); }, x},
                    {"sum keep",
                     [](const Inputs& in) {
                       return sum(in[0], {0, -1}, true);
                     },
                     x},
                    {"mean", [](const Inputs& in) { return mean(in[0]); }, x},
                    {"mean 0", [](const Inputs& in) { return mean(in[0], {0}); }, x},
                    {"mean keep",
                     [](const Inputs& in) {
                       return mean(in[0], {-1, 1}, true);
                     },
                     x},
                    {"max", [](const Inputs& in) { return max(in[0]); }, x},
                    {"min", [](const Inputs& in) { return min(in[0]); }, x},
                    {"permuted",
                     [](const Inputs& in) {
                       return sum(in[0].permute({2, 0, 1}), {1});
                     },
                     x}});
}

TEST(Gradcheck, AgreesForViews) {
  manual_seed(6);
  const Inputs x = {leaf({2, 3, 4})}, narrow = {leaf({3, 1})};
  expect_gradients({{"reshape",
                     [](const Inputs& in) {
                       return in[0].reshape({4, -1});
                     },
                     x},
                    {"reshape copy",
                     [](const Inputs& in) {
                       return in[0].transpose(0, 2).reshape({6, 4});
                     },
                     x},
                    {"view",
                     [](const Inputs& in) {
                       return in[0].view({6, 4});
                     },
                     x},
                    {"transpose", [](const Inputs& in) { return in[0].transpose(0, -1); }, x},
                    {"permute",
                     [](const Inputs& in) {
                       return in[0].permute({1, -1, 0});
                     },
                     x},
                    {"expand",
                     [](const Inputs& in) {
                       return in[0].expand({2, -1, 5});
                     },
                     narrow},
                    {"select", [](const Inputs& in) { return in[0].select(1, -1); }, x},
                    {"index", [](const Inputs& in) { return in[0][1] * in[0][0]; }, x},
                    {"slice", [](const Inputs& in) { return in[0].slice(2, 1, 4, 2); }, x},
                    {"squeeze", [](const Inputs& in) { return in[0].squeeze(1); }, narrow},
                    {"unsqueeze", [](const Inputs& in) { return in[0].unsqueeze(-1); }, x},
                    {"flatten", [](const Inputs& in) { return in[0].flatten(1); }, x},
                    {"t", [](const Inputs& in) { return in[0].t(); }, narrow},
                    {"contiguous", [](const Inputs& in) { return in[0].transpose(0, 1).contiguous(); }, x},
                    {"clone", [](const Inputs& in) { return in[0].clone(); }, x}});
}

TEST(Gradcheck, AgreesForJoiningAndPicking) {
  manual_seed(7);
  const Inputs pair = {leaf({2, 3}), leaf({2, 3})};
  const Tensor rows = tensor({1, 0, 1, 1});
  expect_gradients({{"cat 0", [](const Inputs& in) { return cat(in); }, pair},
                    {"cat 1",
                     [](const Inputs& in) {
                       return cat({in[0], in[1], in[0]}, -1);
                     },
                     pair},
                    {"stack", [](const Inputs& in) { return stack(in, 1); }, pair},
                    {"index_select 0", [&](const Inputs& in) { return index_select(in[0], 0, rows); }, pair},
                    {"index_select 1", [&](const Inputs& in) { return index_select(in[0], -1, rows); }, pair}});
}

TEST(Gradcheck, AgreesForProducts) {
  manual_seed(8);
  const auto product = [](const Inputs& in) { return matmul(in[0], in[1]); };
  expect_gradients(
      {{"matrices", product, {leaf({3, 4}), leaf({4, 2})}},
       {"transposed", [](const Inputs& in) { return matmul(in[0].t(), in[1].t()); }, {leaf({4, 3}), leaf({2, 4})}},
       {"strided",
        [](const Inputs& in) { return matmul(in[0].slice(1, 0, 4, 2), in[1]); },
        {leaf({3, 4}), leaf({2, 5})}},
       {"vectors", product, {leaf({4}), leaf({4})}},
       {"vector matrix", product, {leaf({4}), leaf({4, 3})}},
       {"matrix vector", product, {leaf({3, 4}), leaf({4})}},
       {"batches", product, {leaf({2, 3, 4}), leaf({2, 4, 2})}},
       {"broadcast batches", product, {leaf({2, 1, 3, 4}), leaf({3, 4, 2})}},
       {"batch matrix", product, {leaf({2, 3, 4}), leaf({4, 2})}},
       {"batch vector", product, {leaf({2, 3, 4}), leaf({4})}},
       {"vector batch", product, {leaf({3}), leaf({2, 3, 4})}}});
}

TEST(Gradcheck, AgreesForSoftmaxAlongEveryDimension) {
  manual_seed(9);
  const Inputs x = {leaf({2, 3, 4})};
  for (const int dimension : {0, 1, 2, -1})
    expect_gradients({{"softmax", [&](const Inputs& in) { return softmax(in[0], dimension); }, x},
                      {"log_softmax", [&](const Inputs& in) { return log_softmax(in[0], dimension); }, x}});
}

TEST(Gradcheck, AgreesForPreluWithOneSlopeAndManySlopes) {
  manual_seed(10);
  const auto f = [](const Inputs& in) { return prelu(in[0], in[1]); };
  expect_gradients({{"one", f, {leaf({4, 3}), leaf({1})}},
                    {"channels", f, {leaf({4, 3}), leaf({3})}},
                    {"images", f, {leaf({2, 3, 5}), leaf({3})}},
                    {"vector", f, {leaf({6}), leaf({6})}}});
}

/// Moves values away from the kinks of the family, where differences straddle two slopes.
void avoid_kinks(const Tensor& x) {
  for (double& value : x.span<double>())
    for (const double kink : {-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 6.0})
      if (std::abs(value - kink) < 1e-3) value += 3e-3;
}

TEST(Gradcheck, AgreesForEveryElementwiseActivationByItselfAndFused) {
  manual_seed(11);
  int checked = 0;
  for (const activation::Entry& entry : activation::table()) {
    if (entry.kind != activation::Kind::elementwise) continue;
    const Activation f(entry);
    const Tensor x = leaf({5, 13}, -4, 7), weight = leaf({9, 13}), bias = leaf({9});
    avoid_kinks(x);
    expect_gradients({{std::string(f.name()), [&](const Inputs& in) { return activate(f, in[0]); }, {x}},
                      {std::string(f.name()) + " fused",
                       [&](const Inputs& in) { return linear(in[0], in[1], in[2], &f); },
                       {x, weight, bias}}});
    ++checked;
  }
  EXPECT_GT(checked, 20);
}

TEST(Gradcheck, AgreesForLinearWithAndWithoutBias) {
  manual_seed(12);
  expect_gradients(
      {{"bias", [](const Inputs& in) { return linear(in[0], in[1], in[2]); }, {leaf({4, 3}), leaf({5, 3}), leaf({5})}},
       {"no bias", [](const Inputs& in) { return linear(in[0], in[1]); }, {leaf({4, 3}), leaf({5, 3})}},
       {"vector", [](const Inputs& in) { return linear(in[0], in[1], in[2]); }, {leaf({3}), leaf({5, 3}), leaf({5})}},
       {"batch",
        [](const Inputs& in) { return linear(in[0], in[1], in[2]); },
        {leaf({2, 4, 3}), leaf({5, 3}), leaf({5})}},
       {"strided", [](const Inputs& in) { return linear(in[0].t(), in[1].t()); }, {leaf({3, 4}), leaf({3, 5})}}});
}

TEST(Gradcheck, AgreesForLosses) {
  manual_seed(13);
  const Tensor targets = tensor({0, 2, 1, 2}), weights = leaf({3}, 0.3, 2).detach(), truth = leaf({4, 3}).detach();
  const Inputs x = {leaf({4, 3})};
  expect_gradients({{"cross_entropy", [&](const Inputs& in) { return nn::cross_entropy(in[0], targets); }, x},
                    {"scaled", [&](const Inputs& in) { return nn::cross_entropy(in[0] * 3, targets) * 0.3; }, x},
                    {"weights and smoothing",
                     [&](const Inputs& in) {
                       return nn::cross_entropy(in[0], targets,
                                                {.class_weights = weights, .label_smoothing = 0.2, .ignore_index = 1});
                     },
                     x},
                    {"mse", [&](const Inputs& in) { return nn::mse_loss(in[0], truth); }, x},
                    {"mse target", [&](const Inputs& in) { return nn::mse_loss(in[0], in[1]); }, {x[0], leaf({4, 3})}},
                    {"l1", [&](const Inputs& in) { return nn::l1_loss(in[0], truth); }, x},
                    {"huber", [&](const Inputs& in) { return nn::huber_loss(in[0], truth, 0.8); }, x}});
}

}  // namespace
}  // namespace relume
