#include <cmath>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/nn/loss_table.h"
#include "relume/ops/activation.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/comparison.h"
#include "relume/ops/pointwise.h"
#include "relume/ops/reduce.h"
#include "tests/reference/message_of.h"
#include "tests/reference/stored.h"

namespace relume::nn {
namespace {

using ::testing::HasSubstr;

TEST(CrossEntropy, IsPyTorchsWithWeightsSmoothingAndIgnoredRows) {
  const io::SafeTensors file = stored_tensors("losses");
  const Tensor targets = stored(file, "targets");
  const std::int64_t ignored = targets.to_vector<std::int64_t>()[0];
  for (const DType dtype : {float64, float32}) {
    const double tolerance = dtype == float64 ? 1e-10 : 1e-5;
    for (const bool weighted : {false, true})
      for (const char* smoothing : {"0", "0.1", "1"})
        for (const bool ignores : {false, true}) {
          const std::string name =
              std::string("cross_entropy ") + (weighted ? "1 " : "0 ") + smoothing + (ignores ? " 1" : " 0");
          CrossEntropyOptions options{.label_smoothing = std::stod(smoothing)};
          if (weighted) options.class_weights = stored(file, "weights");
          if (ignores) options.ignore_index = ignored;
          const Tensor logits = stored(file, "logits").to(dtype).clone().requires_grad_();
          const Tensor loss = cross_entropy(logits, targets, options);
          loss.backward();
          EXPECT_TRUE(allclose(loss, stored(file, name), tolerance, tolerance)) << name;
          EXPECT_TRUE(allclose(logits.grad(), stored(file, name + " gradient"), tolerance, tolerance)) << name;
        }
  }
}

TEST(Losses, OfNumbersArePyTorchs) {
  const io::SafeTensors file = stored_tensors("losses");
  const Tensor truth = stored(file, "truth");
  const auto check = [&](const std::string& name, auto&& loss_of) {
    const Tensor x = stored(file, "prediction").clone().requires_grad_();
    const Tensor loss = loss_of(x);
    loss.backward();
    EXPECT_TRUE(allclose(loss, stored(file, name), 1e-12, 1e-12)) << name;
    EXPECT_TRUE(allclose(x.grad(), stored(file, name + " gradient"), 1e-12, 1e-12)) << name;
  };
  check("mse_loss", [&](const Tensor& x) { return mse_loss(x, truth); });
  check("l1_loss", [&](const Tensor& x) { return l1_loss(x, truth); });
  check("huber_loss 1", [&](const Tensor& x) { return huber_loss(x, truth); });
  check("huber_loss 0.5", [&](const Tensor& x) { return huber_loss(x, truth, 0.5); });
}

TEST(FocalLoss, IsTorchvisionsOfTwoClasses) {
  const io::SafeTensors file = stored_tensors("losses");
  const Tensor all = stored(file, "logits"), targets = stored(file, "targets");
  std::vector<std::int64_t> binary = targets.to_vector<std::int64_t>();
  for (std::int64_t& t : binary) t %= 2;
  for (const auto& [alpha, gamma, name] : {std::tuple{-1.0, 2.0, "focal -1 2"},
                                           {0.25, 2.0, "focal 0.25 2"},
                                           {0.7, 1.5, "focal 0.7 1.5"},
                                           {-1.0, 0.0, "focal -1 0"}}) {
    const Tensor logits = all.slice(1, 0, 2).clone().requires_grad_();
    FocalOptions options{.gamma = gamma};
    if (alpha >= 0) options.class_weights = from_vector(std::vector<double>{1 - alpha, alpha});
    const Tensor loss = focal_loss(logits, from_vector(binary), options);
    loss.backward();
    EXPECT_TRUE(allclose(loss, stored(file, name), 1e-12, 1e-12)) << name;
    EXPECT_TRUE(allclose(logits.grad(), stored(file, std::string(name) + " gradient"), 1e-12, 1e-12)) << name;
  }
}

TEST(FocalLoss, IsItsFormulaOfManyClassesAndRefusesOthers) {
  const io::SafeTensors file = stored_tensors("losses");
  const Tensor logits = stored(file, "logits"), targets = stored(file, "targets"), weights = stored(file, "weights");
  const std::vector<double> x = logits.to_vector<double>(), w = weights.to_vector<double>();
  const std::vector<std::int64_t> t = targets.to_vector<std::int64_t>();
  double expected = 0;
  for (std::size_t i = 0; i < t.size(); ++i) {
    double total = 0;
    for (std::size_t j = 0; j < 5; ++j) total += std::exp(x[5 * i + j]);
    const auto k = static_cast<std::size_t>(t[i]);
    const double p = std::exp(x[5 * i + k]) / total;
    expected -= w[k] * std::pow(1 - p, 3) * std::log(p);
  }
  const FocalOptions options{.gamma = 3, .class_weights = weights, .reduction = Reduction::sum};
  EXPECT_NEAR(focal_loss(logits, targets, options).item<double>(), expected, 1e-10);
  EXPECT_THAT(message_of<ValueError>([&] { focal_loss(logits, targets, {.gamma = 0.5}); }), HasSubstr("gamma"));
  EXPECT_THROW(focal_loss(logits, targets + 3, {}), IndexError);
  EXPECT_THROW(focal_loss(logits, logits, {}), Error);
  // What is known for certain costs nothing and moves nothing.
  const Tensor sure = tensor({{200.0, 0.0}}, float64).requires_grad_();
  const Tensor loss = focal_loss(sure, tensor({0}));
  loss.backward();
  EXPECT_EQ(loss.item<double>(), 0);
  EXPECT_TRUE(equal(sure.grad(), zeros({1, 2}, float64)));
}

TEST(LossTable, ComputesWhatTheFunctionsDo) {
  const io::SafeTensors file = stored_tensors("losses");
  const Tensor logits = stored(file, "logits"), targets = stored(file, "targets"), weights = stored(file, "weights");
  const Tensor x = stored(file, "prediction"), y = stored(file, "truth");
  const auto of = [&](const char* name, bool classes, const LossSettings& settings) {
    return find_loss(name, classes)(classes ? logits : x, classes ? targets : y, settings).item<double>();
  };
  EXPECT_EQ(of("", true, {.label_smoothing = 0.1}),
            cross_entropy(logits, targets, {.label_smoothing = 0.1}).item<double>());
  EXPECT_EQ(of("focal", true, {.class_weights = weights}),
            focal_loss(logits, targets, {.class_weights = weights}).item<double>());
  EXPECT_EQ(of("", false, {}), mse_loss(x, y).item<double>());
  EXPECT_EQ(of("mae", false, {.reduction = Reduction::sum}), l1_loss(x, y, Reduction::sum).item<double>());
  EXPECT_EQ(of("huber", false, {.parameter = 0.5}), huber_loss(x, y, 0.5).item<double>());
  EXPECT_THAT(message_of<ValueError>([] { find_loss("mae", true); }), HasSubstr("cross_entropy, focal"));
}

/// No answer that is the same for every row has a smaller loss.
TEST(LossTable, KnowsTheBestConstantAnswer) {
  const Tensor numbers = tensor({{0.0}, {1.0}, {1.5}, {9.0}, {-0.25}}, float64), classes = tensor({0, 2, 2, 1, 2});
  for (const LossEntry& entry : losses()) {
    if (!entry.constant) continue;
    const Tensor target = entry.of_classes ? classes : numbers;
    const Tensor best = entry.constant(target, entry.of_classes ? 3 : 1);
    const auto loss_at = [&](const Tensor& answer) {
      return entry(answer.expand({5, best.size(1)}).contiguous(), target).item<double>();
    };
    for (std::int64_t j = 0; j < best.size(1); ++j)
      for (const double away : {-1e-3, 1e-3}) {
        Tensor other = best.clone();
        other.data<double>()[j] += away;
        EXPECT_LE(loss_at(best), loss_at(other)) << entry.name << " " << j;
      }
  }
}

TEST(Losses, TakeNumbersOfTwoTypesAndGiveEachAGradientOfItsOwn) {
  const Tensor x = tensor({1.0, 3.0}, {float32, true}), y = tensor({0.5, 1.0}, {float64, true});
  const Tensor loss = mse_loss(x, y);
  loss.backward();
  EXPECT_EQ(loss.dtype(), float64);
  EXPECT_EQ(loss.item<double>(), 2.125);
  EXPECT_EQ(x.grad().dtype(), float32);
  EXPECT_EQ(x.grad().to_vector<double>(), (std::vector<double>{0.5, 2}));
  EXPECT_EQ(y.grad().dtype(), float64);
  EXPECT_EQ(y.grad().to_vector<double>(), (std::vector<double>{-0.5, -2}));
  EXPECT_EQ(mse_loss(x.to(bfloat16), zeros({2}, bfloat16)).item<double>(), 5);
  EXPECT_THROW(mse_loss(zeros({2}, int64), zeros({2}, int64)), DTypeError);
}

TEST(Losses, OfProbabilitiesArePyTorchs) {
  const io::SafeTensors file = stored_tensors("losses");
  const Tensor targets = stored(file, "targets"), weights = stored(file, "weights"), shares = stored(file, "shares");
  const auto check = [&](const std::string& name, const char* input, auto&& loss_of) {
    const Tensor x = stored(file, input).clone().requires_grad_();
    const Tensor loss = loss_of(x);
    loss.backward();
    EXPECT_TRUE(allclose(loss, stored(file, name), 1e-10, 1e-12)) << name;
    EXPECT_TRUE(allclose(x.grad(), stored(file, name + " gradient"), 1e-10, 1e-12)) << name;
  };
  check("cross_entropy of shares", "logits", [&](const Tensor& x) { return cross_entropy(x, shares); });
  check("cross_entropy of shares, weighted and smoothed", "logits",
        [&](const Tensor& x) { return cross_entropy(x, shares, {.class_weights = weights, .label_smoothing = 0.2}); });
  check("nll_loss", "logits", [&](const Tensor& x) { return nll_loss(log_softmax(x, 1), targets); });
  check("nll_loss weighted", "logits", [&](const Tensor& x) {
    return nll_loss(log_softmax(x, 1), targets,
                    {.class_weights = weights, .ignore_index = targets.to_vector<std::int64_t>()[0]});
  });
  check("bce_with_logits", "logits", [&](const Tensor& x) { return bce_with_logits(x, shares); });
  check("bce_with_logits weighted", "logits", [&](const Tensor& x) { return bce_with_logits(x, shares, weights); });
  check("kl_div", "logits", [&](const Tensor& x) { return kl_div(log_softmax(x, 1), shares, Reduction::batchmean); });
}

TEST(Losses, OfProbabilitiesStayFiniteAtTheEnds) {
  const Tensor x = tensor({{1e4, -1e4}, {0, 0}}, {float64, true}), y = tensor({{0, 1}, {1, 0}}, float64);
  const Tensor loss = bce_with_logits(x, y);
  loss.backward();
  EXPECT_NEAR(loss.item<double>(), (2e4 + 2 * std::log(2)) / 4, 1e-9);
  EXPECT_TRUE(allclose(x.grad(), tensor({{0.25, -0.25}, {-0.125, 0.125}}, float64)));
  EXPECT_NEAR(kl_div(tensor({{-1e4, 0.0}}, float64), tensor({{0, 1}}, float64)).item<double>(), 0, 1e-12);
}

TEST(Losses, AreKeptAveragedOrAddedUp) {
  const Tensor x = tensor({{1.0, -2.0}, {0.5, 3.0}}, float64), y = zeros({2, 2}, float64);
  EXPECT_TRUE(allclose(l1_loss(x, y, Reduction::none), abs(x)));
  EXPECT_EQ(l1_loss(x, y, Reduction::sum).item<double>(), 6.5);
  EXPECT_EQ(mse_loss(x, y, Reduction::sum).item<double>(), 14.25);
  EXPECT_EQ(smooth_l1_loss(x, y, 0.5, Reduction::sum).item<double>(), 0.75 + 1.75 + 0.25 + 2.75);
  EXPECT_EQ(smooth_l1_loss(x, y, 0).item<double>(), 6.5 / 4);
  EXPECT_THROW(smooth_l1_loss(x, y, -1), ValueError);
}

TEST(Losses, AreKeptOrAddedUpAsPyTorchDoes) {
  const io::SafeTensors file = stored_tensors("losses");
  const Tensor targets = stored(file, "targets"), weights = stored(file, "weights"), shares = stored(file, "shares"),
               truth = stored(file, "truth");
  const std::int64_t ignored = targets.to_vector<std::int64_t>()[0];
  for (const auto& [reduction, word] : {std::pair(Reduction::none, " none"), std::pair(Reduction::sum, " sum")}) {
    const auto check = [&, ending = word](const std::string& name, const char* input, auto&& loss_of) {
      const Tensor x = stored(file, input).clone().requires_grad_();
      const Tensor loss = loss_of(x);
      loss.backward(arange(1, static_cast<double>(loss.numel()) + 1, 1, float64).reshape(loss.shape()));
      EXPECT_TRUE(allclose(loss, stored(file, name + ending), 1e-10, 1e-12)) << name << ending;
      EXPECT_TRUE(allclose(x.grad(), stored(file, name + ending + " gradient"), 1e-10, 1e-12)) << name << ending;
    };
    const Reduction r = reduction;
    check("mse_loss", "prediction", [&](const Tensor& x) { return mse_loss(x, truth, r); });
    check("l1_loss", "prediction", [&](const Tensor& x) { return l1_loss(x, truth, r); });
    check("huber_loss", "prediction", [&](const Tensor& x) { return huber_loss(x, truth, 1, r); });
    check("smooth_l1_loss", "prediction", [&](const Tensor& x) { return smooth_l1_loss(x, truth, 1, r); });
    check("cross_entropy", "logits", [&](const Tensor& x) {
      return cross_entropy(x, targets,
                           {.class_weights = weights, .label_smoothing = 0.1, .ignore_index = ignored, .reduction = r});
    });
    check("cross_entropy of shares", "logits",
          [&](const Tensor& x) { return cross_entropy(x, shares, {.reduction = r}); });
    check("nll_loss", "logits",
          [&](const Tensor& x) { return nll_loss(log_softmax(x, 1), targets, {.reduction = r}); });
    check("bce_with_logits", "logits",
          [&](const Tensor& x) { return bce_with_logits(x, shares, Tensor(), weights, r); });
    check("binary_cross_entropy", "logits",
          [&](const Tensor& x) { return binary_cross_entropy(sigmoid(x), shares, Tensor(), r); });
    check("kl_div", "logits", [&](const Tensor& x) { return kl_div(log_softmax(x, 1), shares, r); });
  }
}

TEST(Losses, OfClassesTakeMoreDimensionsAndEachReduction) {
  const Tensor logits = randn({2, 3, 4}).to(float64), targets = tensor({{0, 1, 2, 0}, {2, 2, -100, 1}}, int64);
  const Tensor rows = logits.permute({0, 2, 1}).reshape({8, 3});
  const Tensor mean_of_rows = cross_entropy(rows, targets.reshape({8}));
  const Tensor each = cross_entropy(logits, targets, {.reduction = Reduction::none});
  EXPECT_EQ(each.shape(), (Shape{2, 4}));
  EXPECT_EQ(each[1][2].item<double>(), 0);
  EXPECT_NEAR(sum(each).item<double>() / 7, mean_of_rows.item<double>(), 1e-12);
  EXPECT_NEAR(cross_entropy(logits, targets).item<double>(), mean_of_rows.item<double>(), 1e-12);
  EXPECT_NEAR(nll_loss(log_softmax(logits, 1), targets, {.reduction = Reduction::sum}).item<double>(),
              7 * mean_of_rows.item<double>(), 1e-12);
  EXPECT_NEAR(cross_entropy(rows[0], targets[0][0]).item<double>(), each[0][0].item<double>(), 1e-12);
}

TEST(Losses, OfProbabilitiesBoundTheirLogarithms) {
  const Tensor p = tensor({0.0, 1.0, 0.25}, {float64, true}), y = tensor({1.0, 1.0, 0.0}, float64);
  const Tensor each = binary_cross_entropy(p, y, Tensor(), Reduction::none);
  EXPECT_TRUE(allclose(each, tensor({100.0, 0.0, -std::log(0.75)}, float64)));
  sum(each).backward();
  EXPECT_TRUE(allclose(p.grad(), tensor({-1e12, 0.0, 1 / 0.75}, float64)));
  EXPECT_THROW(binary_cross_entropy(tensor({1.5}, float64), tensor({1.0}, float64)), ValueError);
}

TEST(KlDiv, GivesItsTargetAGradientAndTakesLogarithmsOfIt) {
  const Tensor x = tensor({{-0.5, -1.0}}, float64), q = tensor({{0.25, 0.0}}, {float64, true});
  kl_div(x, q, Reduction::sum).backward();
  EXPECT_NEAR(q.grad().to_vector<double>()[0], std::log(0.25) + 0.5 + 1, 1e-12);
  const Tensor logs = tensor({{-1.0, -2.0}}, float64);
  EXPECT_NEAR(kl_div(x, logs, Reduction::batchmean, true).item<double>(), kl_div(x, exp(logs)).item<double>() * 2,
              1e-12);
}

TEST(Losses, OfProbabilitiesSayWhatDoesNotFit) {
  EXPECT_THROW(nll_loss(zeros({2, 3}), tensor({0, 3})), IndexError);
  EXPECT_THROW(nll_loss(zeros({2, 3}), tensor({0})), ShapeError);
  EXPECT_THROW(nll_loss(zeros({2, 3}), zeros({2})), DTypeError);
  EXPECT_THROW(bce_with_logits(zeros({2, 3}), zeros({3})), ShapeError);
  EXPECT_THROW(kl_div(zeros({2, 3}), zeros({2})), ShapeError);
  EXPECT_THROW(cross_entropy(zeros({2, 3}), zeros({2, 3}), {.label_smoothing = 2}), ValueError);
}

TEST(CrossEntropy, StaysFiniteForLargeLogits) {
  const Tensor logits = tensor({{1e4, -1e4}, {-1e4, 1e4}}, {float32, true});
  const Tensor loss = cross_entropy(logits, tensor({0, 0}));
  loss.backward();
  EXPECT_FLOAT_EQ(loss.item<float>(), 1e4f);
  EXPECT_THAT(logits.grad().to_vector<float>(), ::testing::ElementsAre(0, 0, -0.5f, 0.5f));
}

TEST(CrossEntropy, SaysWhichRowHasAClassThatDoesNotExist) {
  EXPECT_THAT(message_of<IndexError>([] {
                cross_entropy(zeros({2, 3}), tensor({0, 3}));
              }),
              HasSubstr("class 3 of row 1"));
  EXPECT_THROW(cross_entropy(zeros({2, 3}), tensor({0, -1})), IndexError);
  EXPECT_THROW(cross_entropy(zeros({2, 3}), tensor({0})), ShapeError);
  EXPECT_THROW(cross_entropy(zeros({2, 3}), tensor({0, 1}).to(DType::int32)), DTypeError);
  EXPECT_THROW(cross_entropy(zeros({2, 3}), tensor({0.0, 1.0})), ShapeError);
  EXPECT_THROW(cross_entropy(zeros({2, 3}), tensor({0, 1}), {.class_weights = ones({2})}), ShapeError);
  EXPECT_THROW(cross_entropy(zeros({2, 3}), tensor({0, 1}), {.label_smoothing = 1.5}), ValueError);
  EXPECT_THROW(mse_loss(zeros({2, 1}), zeros({2})), ShapeError);
  EXPECT_THROW(huber_loss(zeros({2}), zeros({2}), 0), ValueError);
}

}  // namespace
}  // namespace relume::nn
