// Every differentiable operation's gradient against central differences in float64.
#include "relume/autograd/gradcheck.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/autograd/node.h"
#include "relume/base/rng.h"
#include "relume/nn/dropout.h"
#include "relume/nn/loss.h"
#include "relume/ops/activation.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/assign.h"
#include "relume/ops/comparison.h"
#include "relume/ops/embedding.h"
#include "relume/ops/index.h"
#include "relume/ops/join.h"
#include "relume/ops/linear.h"
#include "relume/ops/matmul.h"
#include "relume/ops/normalization.h"
#include "relume/ops/order.h"
#include "relume/ops/pointwise.h"
#include "relume/ops/reduce.h"
#include "relume/ops/statistics.h"
#include "relume/tensor/node_name.h"

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
  GradcheckOptions options{};
};

/// The operations in the graphs whose gradients were checked.
std::set<std::string> checked_operations;

void note_operations(const Tensor& y) {
  std::vector<const Node*> stack{y.grad_fn()};
  while (!stack.empty()) {
    const Node* node = stack.back();
    stack.pop_back();
    if (!node) continue;
    checked_operations.insert(node_name(*node));
    for (const Edge& edge : node->edges()) stack.push_back(edge.node.get());
  }
}

void expect_gradients(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    EXPECT_EQ(gradcheck(c.f, c.inputs, c.options), "") << c.name;
    note_operations(c.f(c.inputs));
  }
}

TEST(Gradcheck, FindsAWrongGradient) {
  manual_seed(1);
  const Tensor x = leaf({3});
  const auto half_hidden = [](const Inputs& in) { return in[0] * in[0].detach(); };
  EXPECT_NE(gradcheck(half_hidden, {x}), "");
  EXPECT_EQ(gradcheck([](const Inputs& in) { return in[0] * in[0]; }, {x}), "");
}

void check_arithmetic_with_broadcasting() {
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

TEST(Gradcheck, AgreesForArithmeticWithBroadcasting) { check_arithmetic_with_broadcasting(); }

void check_numbers_beside_a_tensor() {
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

TEST(Gradcheck, AgreesForNumbersBesideATensor) { check_numbers_beside_a_tensor(); }

void check_functions_of_one_element() {
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
       // Linear, and exact in float32 for these numbers and that step.
       {"to",
        [](const Inputs& in) { return in[0].to(float32).to(float64); },
        {tensor({0.5, -1.25}, {float64, true})},
        {.step = 0x1p-6}}});
}

TEST(Gradcheck, AgreesForFunctionsOfOneElement) { check_functions_of_one_element(); }

void check_reductions() {
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

TEST(Gradcheck, AgreesForReductions) { check_reductions(); }

void check_views() {
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

TEST(Gradcheck, AgreesForViews) { check_views(); }

void check_joining_and_picking() {
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

TEST(Gradcheck, AgreesForJoiningAndPicking) { check_joining_and_picking(); }

void check_writing_in_place() {
  manual_seed(21);
  const auto write = [](const Tensor& t, const Tensor& value) {
    assign(t, value, "test");
    return t;
  };
  const auto write_part = [&](const Tensor& whole, const Tensor& value) {
    const Tensor part = whole.select(1, 1);
    set_part_of(part, whole);
    assign(part, value, "test");
    return part * whole.select(0, 0);
  };
  expect_gradients(
      {{"whole", [&](const Inputs& in) { return write(in[0] * 2, in[1] * in[1]); }, {leaf({3, 3}), leaf({3})}},
       {"a leaf's value", [&](const Inputs& in) { return write(in[0] * 2, in[1].clone()); }, {leaf({3}), leaf({3})}},
       {"a constant", [&](const Inputs& in) { return write(in[0] * 2, ones({3}, float64)); }, {leaf({3})}},
       {"a part", [&](const Inputs& in) { return write_part(in[0] * 2, in[1] * 3); }, {leaf({3, 3}), leaf({3})}},
       {"a part by a constant",
        [&](const Inputs& in) { return write_part(in[0] * 2, zeros({3}, float64)); },
        {leaf({3, 3})}}});
}

TEST(Gradcheck, AgreesForWritingInPlace) { check_writing_in_place(); }

void check_products() {
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

TEST(Gradcheck, AgreesForProducts) { check_products(); }

void check_softmax_along_every_dimension() {
  manual_seed(9);
  const Inputs x = {leaf({2, 3, 4})};
  for (const int dimension : {0, 1, 2, -1})
    expect_gradients({{"softmax", [&](const Inputs& in) { return softmax(in[0], dimension); }, x},
                      {"log_softmax", [&](const Inputs& in) { return log_softmax(in[0], dimension); }, x}});
}

TEST(Gradcheck, AgreesForSoftmaxAlongEveryDimension) { check_softmax_along_every_dimension(); }

void check_prelu_with_one_slope_and_many_slopes() {
  manual_seed(10);
  const auto f = [](const Inputs& in) { return prelu(in[0], in[1]); };
  expect_gradients({{"one", f, {leaf({4, 3}), leaf({1})}},
                    {"channels", f, {leaf({4, 3}), leaf({3})}},
                    {"images", f, {leaf({2, 3, 5}), leaf({3})}},
                    {"vector", f, {leaf({6}), leaf({6})}}});
}

TEST(Gradcheck, AgreesForPreluWithOneSlopeAndManySlopes) { check_prelu_with_one_slope_and_many_slopes(); }

/// Moves values away from the kinks of the family, where differences straddle two slopes.
void avoid_kinks(const Tensor& x) {
  for (double& value : x.span<double>())
    for (const double kink : {-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 6.0})
      if (std::abs(value - kink) < 1e-3) value += 3e-3;
}

void check_every_elementwise_activation_by_itself_and_fused() {
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

TEST(Gradcheck, AgreesForEveryElementwiseActivationByItselfAndFused) {
  check_every_elementwise_activation_by_itself_and_fused();
}

void check_linear_with_and_without_bias() {
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

TEST(Gradcheck, AgreesForLinearWithAndWithoutBias) { check_linear_with_and_without_bias(); }

void check_losses() {
  manual_seed(13);
  const Tensor targets = tensor({0, 2, 1, 2}), weights = leaf({3}, 0.3, 2).detach(), truth = leaf({4, 3}).detach();
  const Inputs x = {leaf({4, 3})};
  expect_gradients(
      {{"cross_entropy", [&](const Inputs& in) { return nn::cross_entropy(in[0], targets); }, x},
       {"scaled", [&](const Inputs& in) { return nn::cross_entropy(in[0] * 3, targets) * 0.3; }, x},
       {"weights and smoothing",
        [&](const Inputs& in) {
          return nn::cross_entropy(in[0], targets,
                                   {.class_weights = weights, .label_smoothing = 0.2, .ignore_index = 1});
        },
        x},
       {"focal", [&](const Inputs& in) { return nn::focal_loss(in[0], targets, {.class_weights = weights}); }, x},
       {"mse", [&](const Inputs& in) { return nn::mse_loss(in[0], truth); }, x},
       {"mse target", [&](const Inputs& in) { return nn::mse_loss(in[0], in[1]); }, {x[0], leaf({4, 3})}},
       {"nll", [&](const Inputs& in) { return nn::nll_loss(log_softmax(in[0], 1), targets); }, x},
       {"shares",
        [&](const Inputs& in) {
          return nn::cross_entropy(in[0], in[1], {.class_weights = weights, .label_smoothing = 0.1});
        },
        {x[0], leaf({4, 3}, 0, 1)}},
       {"bce",
        [&](const Inputs& in) { return nn::bce_with_logits(in[0], in[1], weights); },
        {x[0], leaf({4, 3}, 0, 1)}},
       {"bce of probabilities",
        [](const Inputs& in) { return nn::binary_cross_entropy(in[0], in[1]); },
        {leaf({4, 3}, 0.1, 0.9), leaf({4, 3}, 0, 1)}},
       {"kl target", [](const Inputs& in) { return nn::kl_div(in[0], in[1]); }, {x[0], leaf({4, 3}, 0.1, 1)}},
       {"kl", [&](const Inputs& in) { return nn::kl_div(in[0], softmax(truth, 1)); }, x},
       {"l1", [&](const Inputs& in) { return nn::l1_loss(in[0], truth); }, x},
       {"huber", [&](const Inputs& in) { return nn::huber_loss(in[0], truth, 0.8); }, x}});
}

TEST(Gradcheck, AgreesForLosses) { check_losses(); }

void check_choosing_and_ordering() {
  manual_seed(14);
  const Inputs x = {leaf({3, 4})};
  const Tensor index = tensor({{0, 2, 1, 0}, {2, 2, 0, 1}}).to(DType::int64);
  expect_gradients({{"gather", [&](const Inputs& in) { return gather(in[0], 0, index); }, x},
                    {"sort", [](const Inputs& in) { return sort(in[0], 1).values; }, x},
                    {"topk", [](const Inputs& in) { return topk(in[0], 2, 0).values; }, x},
                    {"max", [](const Inputs& in) { return max(in[0], 1).values; }, x},
                    {"min", [](const Inputs& in) { return min(in[0], 0, true).values; }, x},
                    {"split", [](const Inputs& in) { return split(in[0], 3, 1)[1] * 2; }, x}});
}

TEST(Gradcheck, AgreesForChoosingAndOrdering) { check_choosing_and_ordering(); }

void check_statistics() {
  manual_seed(15);
  const Inputs x = {leaf({3, 4})};
  expect_gradients({{"var", [](const Inputs& in) { return var(in[0], {1}); }, x},
                    {"stddev", [](const Inputs& in) { return stddev(in[0], {0}, 0, true); }, x},
                    {"norm", [](const Inputs& in) { return norm(in[0], {1}); }, x},
                    {"logsumexp", [](const Inputs& in) { return logsumexp(in[0], {0}); }, x}});
}

TEST(Gradcheck, AgreesForStatistics) { check_statistics(); }

void check_normalisation() {
  manual_seed(16);
  const Inputs rows = {leaf({5, 3}), leaf({3}), leaf({3})}, blocks = {leaf({4, 2, 3}), leaf({2, 3}), leaf({2, 3})};
  const auto batch = [](const Tensor& x, const Tensor& weight, const Tensor& bias) {
    BatchMoments moments;
    return batch_norm(x, weight, bias, 1e-5, moments);
  };
  expect_gradients({{"layer_norm", [](const Inputs& in) { return layer_norm(in[0], in[1], in[2]); }, rows},
                    {"layer_norm of blocks", [](const Inputs& in) { return layer_norm(in[0], in[1], in[2]); }, blocks},
                    {"layer_norm plain", [](const Inputs& in) { return layer_norm(in[0], {}, {}); }, {rows[0]}},
                    {"batch_norm", [&](const Inputs& in) { return batch(in[0], in[1], in[2]); }, rows},
                    {"batch_norm plain", [&](const Inputs& in) { return batch(in[0], {}, {}); }, {rows[0]}}});
}

TEST(Gradcheck, AgreesForNormalisation) { check_normalisation(); }

void check_tables() {
  manual_seed(17);
  const Inputs table = {leaf({5, 3})};
  const Tensor indices = tensor({{1, 4, 1}, {0, 2, 3}}).to(DType::int64);
  std::vector<Case> cases{{"embedding", [&](const Inputs& in) { return embedding(indices, in[0]); }, table}};
  for (const BagMode mode : {BagMode::sum, BagMode::mean, BagMode::max})
    cases.push_back(
        {"embedding_bag", [&, mode](const Inputs& in) { return embedding_bag(indices, in[0], mode); }, table});
  expect_gradients(cases);
}

TEST(Gradcheck, AgreesForTables) { check_tables(); }

void check_what_draws_numbers() {
  manual_seed(18);
  const Inputs x = {leaf({4, 5})};
  const auto again = [](auto&& f) {
    return [f](const Inputs& in) {
      manual_seed(19);
      return f(in[0]);
    };
  };
  nn::Dropout dropout(0.4);
  expect_gradients({{"random_leaky_relu", again([](const Tensor& t) { return random_leaky_relu(t, 0.1, 0.4); }), x},
                    {"dropout", again([&](const Tensor& t) { return dropout(t); }), x}});
}

TEST(Gradcheck, AgreesForWhatDrawsNumbers) { check_what_draws_numbers(); }

void check_activations_along_a_dimension() {
  manual_seed(20);
  const Tensor x = leaf({4, 6}, -4, 4);
  avoid_kinks(x);
  for (const activation::Entry& entry : activation::table()) {
    if (entry.kind == activation::Kind::elementwise || entry.kind == activation::Kind::parametric) continue;
    const Activation f(entry);
    for (const int dimension : {0, 1})
      expect_gradients({{std::string(f.name()), [&](const Inputs& in) { return activate(f, in[0], dimension); }, {x}}});
  }
}

TEST(Gradcheck, AgreesForActivationsAlongADimension) { check_activations_along_a_dimension(); }

/// The names under which the library's sources record operations.
std::set<std::string> recorded_names() {
  std::set<std::string> names;
  for (const char* layer : {"ops", "nn"})
    for (const auto& file : std::filesystem::directory_iterator(std::string(RELUME_SOURCE_DIR "/relume/") + layer)) {
      if (file.path().extension() != ".cpp") continue;
      std::ifstream in(file.path());
      const std::string text{std::istreambuf_iterator<char>(in), {}};
      for (std::size_t at = text.find("Backward"); at != std::string::npos; at = text.find("Backward", at + 1)) {
        const std::size_t begin = text.rfind('"', at) + 1, end = text.find('"', at);
        if (end == at + std::string("Backward0").size()) names.insert(text.substr(begin, end - begin));
      }
    }
  return names;
}

TEST(Gradcheck, LeavesNoOperationOut) {
  for (void (*check)() :
       {check_activations_along_a_dimension, check_arithmetic_with_broadcasting, check_choosing_and_ordering,
        check_every_elementwise_activation_by_itself_and_fused, check_functions_of_one_element,
        check_joining_and_picking, check_linear_with_and_without_bias, check_losses, check_normalisation,
        check_numbers_beside_a_tensor, check_prelu_with_one_slope_and_many_slopes, check_products, check_reductions,
        check_softmax_along_every_dimension, check_statistics, check_tables, check_views, check_what_draws_numbers,
        check_writing_in_place})
    check();
  std::vector<std::string> missing;
  const std::set<std::string> recorded = recorded_names();
  EXPECT_GT(recorded.size(), 40u);
  std::set_difference(recorded.begin(), recorded.end(), checked_operations.begin(), checked_operations.end(),
                      std::back_inserter(missing));
  EXPECT_THAT(missing, ::testing::IsEmpty());
}

}  // namespace
}  // namespace relume
