#include "relume/train/metrics.h"

#include <cmath>

#include <gtest/gtest.h>

#include "relume/nn/loss.h"
#include "tests/reference/stored.h"

namespace relume::training {
namespace {

Metrics of(const nlohmann::json& stored) {
  const auto logits = stored.at("logits").get<std::vector<float>>();
  const auto rows = stored.at("rows").get<std::int64_t>(), classes = static_cast<std::int64_t>(logits.size()) / rows;
  return classification_metrics(from_vector(logits, Shape{rows, classes}),
                                from_vector(stored.at("truth").get<std::vector<std::int64_t>>()));
}

TEST(ClassificationMetrics, AreScikitLearnsForTwoClassesWithTies) {
  const auto stored = stored_json("tables").at("metrics").at("two");
  const Metrics m = of(stored);
  EXPECT_EQ(m.rows, 60);
  EXPECT_NEAR(m.accuracy, stored.at("accuracy").get<double>(), 1e-12);
  EXPECT_NEAR(m.f1_macro, stored.at("f1_macro").get<double>(), 1e-12);
  EXPECT_EQ(m.confusion, stored.at("confusion").get<std::vector<std::int64_t>>());
  ASSERT_TRUE(m.auc.has_value());
  EXPECT_NEAR(*m.auc, stored.at("auc").get<double>(), 1e-12);
}

TEST(ClassificationMetrics, AreScikitLearnsForManyClassesOneOfThemAbsent) {
  const auto stored = stored_json("tables").at("metrics").at("many");
  const Metrics m = of(stored);
  EXPECT_NEAR(m.accuracy, stored.at("accuracy").get<double>(), 1e-12);
  EXPECT_NEAR(m.f1_macro, stored.at("f1_macro").get<double>(), 1e-12);
  EXPECT_EQ(m.confusion, stored.at("confusion").get<std::vector<std::int64_t>>());
  EXPECT_FALSE(m.auc.has_value());
}

TEST(ClassificationMetrics, CountTiedScoresHalf) {
  // Margins 1, 0, 0, -1 for classes 1, 1, 0, 0: of four pairs three are in order and one is tied.
  const Metrics m = classification_metrics(tensor({{0, 1}, {0, 0}, {0, 0}, {1, 0}}), tensor({1, 1, 0, 0}));
  EXPECT_DOUBLE_EQ(*m.auc, 0.875);
}

TEST(ClassificationMetrics, HaveNoAucWhereOneClassIsMissing) {
  EXPECT_FALSE(classification_metrics(tensor({{0, 1}, {1, 0}}), tensor({1, 1})).auc.has_value());
}

TEST(ClassificationMetrics, EndAndHaveNoAucWhereAScoreIsNaN) {
  const float nan = NAN;
  const Metrics m =
      classification_metrics(from_vector(std::vector<float>{0, 1, nan, nan, 2, 0}, Shape{3, 2}), tensor({1, 0, 0}));
  EXPECT_FALSE(m.auc.has_value());
  EXPECT_TRUE(std::isnan(m.loss));
  EXPECT_DOUBLE_EQ(m.accuracy, 2.0 / 3);  // the row of NaN is not counted as right
}

TEST(ClassificationMetrics, GiveTheMeanCrossEntropy) {
  const Metrics m = classification_metrics(tensor({{0, 0}, {2, 0}}), tensor({1, 0}));
  EXPECT_NEAR(m.loss, (std::log(2.0) + std::log1p(std::exp(-2.0))) / 2, 1e-7);
}

TEST(RegressionMetrics, AreScikitLearnsInTheTargetsUnits) {
  const auto stored = stored_json("tables").at("metrics").at("regression");
  constexpr double scale = 2.5;
  auto y = stored.at("truth").get<std::vector<double>>(), guess = stored.at("guess").get<std::vector<double>>();
  for (std::size_t i = 0; i < y.size(); ++i) {
    y[i] /= scale;
    guess[i] /= scale;
  }
  const auto n = static_cast<std::int64_t>(y.size());
  const Metrics m = regression_metrics(from_vector(guess, Shape{n, 1}), from_vector(y, Shape{n, 1}), scale);
  EXPECT_EQ(m.rows, n);
  EXPECT_NEAR(m.mae, stored.at("mae").get<double>(), 1e-9);
  EXPECT_NEAR(m.rmse, stored.at("rmse").get<double>(), 1e-9);
  EXPECT_NEAR(m.r2, stored.at("r2").get<double>(), 1e-9);
}

TEST(RegressionMetrics, GiveAnR2OfZeroWhereAllTargetsAreAlike) {
  EXPECT_EQ(regression_metrics(arange(1, 3, 1, float32).reshape({2, 1}), full({2, 1}, 5), 1).r2, 0);
}

TEST(Metrics, OfNoRowsAreEmpty) {
  EXPECT_EQ(classification_metrics(zeros({0, 2}), zeros({0}, int64)).rows, 0);
  EXPECT_EQ(regression_metrics(zeros({0, 1}), zeros({0, 1}), 1).rows, 0);
}

}  // namespace
}  // namespace relume::training
