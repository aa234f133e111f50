#include "relume/train/held_out.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/health/unit_activity.h"
#include "relume/train/evaluate.h"
#include "relume/train/run_report.h"
#include "tests/train/small_problem.h"

namespace relume::training {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::StartsWith;

/// A job whose network has learned a little.
Job trained(const char* data, const char* layers, std::int64_t epochs = 3) {
  Problem p = make_problem(data, layers, 300);
  Job job;
  job.model = std::move(p.model);
  job.dataset = std::move(p.dataset);
  job.split = std::move(p.split);
  if (job.model.task == data::Task::classification) job.model.labels = {"upper", "lower"};
  Trainer trainer(job.model, job.dataset, job.split, {.epochs = epochs, .batch_size = 16});
  trainer.run();
  return job;
}

HeldOut look(const Job& job) {
  return look_at_rows(job, job.split.valid, "validation rows",
                      outputs(*job.model.network, job.dataset, job.split.valid));
}

TEST(HeldOut, ShowsTheRowsWithTheLargestLossFirst) {
  const Job job = trained("moons", "linear(8) relu");
  const Tensor y = outputs(*job.model.network, job.dataset, job.split.valid);
  std::vector<std::pair<double, std::int64_t>> losses;  // −log softmax, written down plainly
  for (std::int64_t i = 0; i < y.size(0); ++i) {
    const std::int64_t row = job.split.valid[static_cast<std::size_t>(i)];
    const double a = y.data<float>()[2 * i], b = y.data<float>()[2 * i + 1];
    const double right = job.dataset.targets.data<std::int64_t>()[row] == 0 ? a : b;
    losses.emplace_back(-std::log(std::exp(right) / (std::exp(a) + std::exp(b))), row);
  }
  std::sort(losses.rbegin(), losses.rend());
  const std::vector<plot::Example> worst = look(job).worst;
  ASSERT_EQ(worst.size(), 24u);
  for (std::size_t k = 0; k < worst.size(); ++k) {
    EXPECT_NEAR(worst[k].loss, losses[k].first, 1e-6);
    EXPECT_EQ(worst[k].row, "row " + std::to_string(losses[k].second + 1));
    const bool upper = job.dataset.targets.data<std::int64_t>()[losses[k].second] == 0;
    EXPECT_EQ(worst[k].truth, upper ? "upper" : "lower");
  }
  EXPECT_THAT(worst[0].prediction, StartsWith(worst[0].truth == "upper" ? "lower (" : "upper ("));
}

TEST(HeldOut, CalibrationCountsEveryRowAndSumsUpToTheAccuracy) {
  const Job job = trained("moons", "linear(8) relu");
  double rows = 0, right = 0;
  for (const plot::CalibrationBin& bin : look(job).calibration) {
    EXPECT_GE(bin.confidence, 0.5);  // of two classes the likelier one
    EXPECT_LE(bin.confidence, 1);
    rows += static_cast<double>(bin.rows);
    right += bin.accuracy * static_cast<double>(bin.rows);
  }
  EXPECT_EQ(rows, 60);
  EXPECT_NEAR(right / rows, evaluate(job.model, job.dataset, job.split.valid).accuracy, 1e-12);
}

TEST(HeldOut, ResidualsLieBetweenPredictionAndTruth) {
  const Job job = trained("friedman", "linear(8) relu");
  const HeldOut held_out = look(job);
  std::vector<double> sums, truths;
  for (const auto& [prediction, residual] : held_out.residuals) sums.push_back(prediction + residual);
  for (const std::int64_t row : job.split.valid) truths.push_back(job.dataset.targets.data<float>()[row] * 5);
  std::sort(sums.begin(), sums.end()), std::sort(truths.begin(), truths.end());
  EXPECT_THAT(sums, testing::Pointwise(testing::DoubleNear(1e-4), truths));
  ASSERT_EQ(held_out.residual_bins.size(), 6u);  // of ten rows each
  for (const plot::ResidualBin& bin : held_out.residual_bins) {
    EXPECT_LE(bin.low, bin.median);
    EXPECT_LE(bin.median, bin.high);
  }
}

TEST(HeldOut, AColumnThatTheNetworkDoesNotReadIsWorthNothing) {
  const Job job = trained("friedman", "linear(8) relu", 60);
  Tensor weight = job.model.network->parameters()[0].detach();
  for (std::int64_t unit = 0; unit < 8; ++unit) weight.data<float>()[unit * job.model.features + 2] = 0;
  const std::vector<plot::Importance> worth = permutation_importance(job.model, look(job).sample);
  ASSERT_EQ(worth.size(), 10u);
  EXPECT_EQ(worth[2].column, "column 3");
  EXPECT_EQ(worth[2].loss_rise, 0);
  EXPECT_GT(worth[3].loss_rise, 0.1);  // 10 x4 is the largest term of Friedman's function
}

TEST(HeldOut, HistogramsCountEveryOutput) {
  const Job job = trained("moons", "linear(8) relu linear(4) tanh");
  std::vector<plot::LayerUnits> layers = {{"relu1", true}, {"tanh1", false}};
  const HeldOut held_out = look(job);
  add_histograms(layers, job.model, held_out.sample);
  for (const auto& [layer, units] : {std::pair{layers[0], 8}, std::pair{layers[1], 4}})
    EXPECT_EQ(std::accumulate(layer.histogram.begin(), layer.histogram.end(), std::int64_t{0}), 60 * units);
  EXPECT_EQ(layers[0].low, 0);
  EXPECT_GT(layers[0].histogram[0], 60);  // a rectifier's zeros
  EXPECT_GE(layers[1].low, -1);
  EXPECT_LE(layers[1].high, 1);
}

TEST(HeldOut, ImagesAreShownAsTheyAre) {
  Job job;
  job.model.task = data::Task::classification;
  job.model.labels = {"a", "b"};
  job.model.input_shape = {2, 3};
  job.dataset.features = empty({2, 6}, uint8);
  job.dataset.targets = zeros({2}, int64);
  for (std::uint8_t i = 0; i < 12; ++i)
    job.dataset.features.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(20 * i);
  const std::vector<std::int64_t> rows = {0, 1};
  const HeldOut held_out = look_at_rows(job, rows, "training rows", tensor({0.0f, 1.0f, 0.0f, 3.0f}).reshape({2, 2}));
  EXPECT_EQ(held_out.worst[0].row, "row 2");
  EXPECT_EQ(held_out.worst[0].width, 3);
  EXPECT_EQ(held_out.worst[0].height, 2);
  EXPECT_THAT(held_out.worst[0].pixels, ElementsAre(120, 140, 160, 180, 200, 220));
  EXPECT_TRUE(permutation_importance(job.model, held_out.sample).empty());
}

TEST(RunReport, HoldsEachLayerInTheCourseOfTheEpochsAndItsUnitsAtTheEnd) {
  Job job;
  Problem p = make_problem("moons", "linear(8) relu linear(4) sigmoid", 300);
  job.model = std::move(p.model), job.dataset = std::move(p.dataset), job.split = std::move(p.split);
  job.model.labels = {"upper", "lower"};
  Trainer trainer(job.model, job.dataset, job.split, {.epochs = 3, .batch_size = 16});
  const plot::ReportData report = to_report(measure(job, trainer, trainer.run()));
  ASSERT_EQ(report.layers.size(), 3u);
  EXPECT_EQ(report.layers[0].name, "0.weight");
  for (const plot::LayerCurve& layer : report.layers) {
    EXPECT_EQ(layer.gradient_rms.size(), 3u);
    EXPECT_THAT(layer.gradient_rms, Each(testing::Gt(0)));
    EXPECT_THAT(layer.update_ratio, Each(testing::Gt(0)));
  }
  const auto largest = std::ranges::find(report.curves, "update_ratio", &plot::EpochCurve::name);
  ASSERT_NE(largest, report.curves.end());
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(largest->values[i], std::max({report.layers[0].update_ratio[i], report.layers[1].update_ratio[i],
                                            report.layers[2].update_ratio[i]}));
  ASSERT_EQ(report.units.size(), 2u);
  EXPECT_TRUE(report.units[0].can_die);
  EXPECT_EQ(report.units[0].firing.size(), 8u);
  EXPECT_EQ(report.units[1].saturated.size(), 4u);
  EXPECT_FALSE(report.machine.empty());
  EXPECT_EQ(report.held_out, "On the validation rows, 60 rows.");
}

}  // namespace
}  // namespace relume::training
