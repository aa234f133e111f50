#include "relume/train/trainer.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/parallel.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/pointwise.h"
#include "relume/ops/reduce.h"
#include "relume/optim/schedule.h"
#include "relume/train/evaluate.h"
#include "tests/reference/message_of.h"
#include "tests/reference/stored.h"
#include "tests/train/small_problem.h"

namespace relume::training {
namespace {

using ::testing::HasSubstr;

/// The weights after a run on a fresh problem.
std::vector<float> weights_after(std::string_view problem, std::string_view layers, const Options& options,
                                 std::int64_t rows = 400) {
  Problem p = make_problem(problem, layers, rows);
  Trainer trainer(p.model, p.dataset, p.split, options);
  trainer.run();
  return weights_of(p.model);
}

TEST(Trainer, LearnsTheMoons) {
  Problem p = make_problem("moons", "linear(32) relu linear(32) relu", 1000);
  Trainer trainer(p.model, p.dataset, p.split, {.epochs = 40, .lr = 5e-3, .patience = 100});
  const History history = trainer.run();
  EXPECT_EQ(history.ending, Ending::all_epochs);
  EXPECT_EQ(history.rows.size(), 40u);
  EXPECT_GT(history.valid.accuracy, 0.95);
  const Metrics again = evaluate(p.model, p.dataset, p.split.valid);
  EXPECT_EQ(history.valid.loss, again.loss);
  EXPECT_EQ(history.valid.confusion, again.confusion);
  EXPECT_LT(history.rows.back().train_loss, history.rows.front().train_loss / 2);
}

TEST(Trainer, LearnsANumberWithEveryOptimizer) {
  for (const auto& [optimizer, lr] : {std::pair{"adam", 5e-3},
                                      {"adamw", 5e-3},
                                      {"sgd", 5e-3},
                                      {"rmsprop", 5e-3},
                                      {"adagrad", 5e-2},
                                      {"nadam", 5e-3},
                                      {"lion", 1e-3}}) {
    Problem p = make_problem("friedman", "linear(32) relu linear(32) relu", 800);
    Trainer trainer(p.model, p.dataset, p.split, {.epochs = 60, .optimizer = optimizer, .lr = lr});
    trainer.run();
    const Metrics m = evaluate(p.model, p.dataset, p.split.valid);
    EXPECT_GT(m.r2, 0.75) << optimizer;
    EXPECT_NEAR(m.rmse, 5 * std::sqrt(m.loss), 1e-9) << optimizer;
  }
}

TEST(Trainer, LearnsAndMeasuresByTheLossThatItIsTold) {
  for (const nn::LossEntry& loss : nn::losses()) {
    Problem p = loss.of_classes ? make_problem("moons", "linear(16) relu", 400)
                                : make_problem("friedman", "linear(32) relu", 800);
    Trainer trainer(p.model, p.dataset, p.split, {.epochs = 60, .loss = std::string(loss.name), .lr = 1e-2});
    const History history = trainer.run();
    EXPECT_GT(loss.of_classes ? history.valid.accuracy : history.valid.r2, 0.7) << loss.name;
    const Tensor y = outputs(*p.model.network, p.dataset, p.split.valid), truth = targets(p.dataset, p.split.valid);
    EXPECT_NEAR(history.valid.loss, loss(y, truth).item<double>(), 1e-6) << loss.name;
    EXPECT_NEAR(history.valid.loss, evaluate(p.model, p.dataset, p.split.valid).loss, 1e-6) << loss.name;
    EXPECT_LT(history.rows.back().train_loss, history.rows.front().train_loss) << loss.name;
  }
}

TEST(Trainer, RefusesALossThatIsNotTheTasks) {
  Problem p = make_problem("moons", "linear(4) relu", 100);
  const auto error = [&](const Options& options) {
    return message_of<Error>([&] { Trainer(p.model, p.dataset, p.split, options); });
  };
  EXPECT_THAT(error({.loss = "huber"}), HasSubstr("cross_entropy, focal"));
  EXPECT_THAT(error({.loss = "focal", .label_smoothing = 0.1}), HasSubstr("label_smoothing"));
}

TEST(Trainer, GivesTheSameBitsForTheSameSeed) {
  const Options options{.epochs = 3, .seed = 4};
  Options other = options;
  other.seed = 5;
  for (const char* layers : {"linear(16) relu linear(16) gelu", "linear(16) relu dropout(0.3)"}) {
    const auto first = weights_after("moons", layers, options);
    EXPECT_EQ(first, weights_after("moons", layers, options)) << layers;
    EXPECT_NE(first, weights_after("moons", layers, other)) << layers;
  }
}

TEST(Trainer, GivesTheSameBitsOnAnyNumberOfThreads) {
  const int before = num_threads();
  for (const char* layers : {"linear(16) relu linear(16) relu", "linear(300) relu linear(300) elu dropout(0.1)"}) {
    std::vector<std::vector<float>> results;
    for (const int threads : {1, 2, 3, 7}) {
      set_num_threads(threads);
      results.push_back(weights_after("friedman", layers, {.epochs = 2, .batch_size = 256}, 2000));
    }
    set_num_threads(before);
    EXPECT_THAT(results, testing::Each(results[0])) << layers;
  }
}

TEST(Trainer, RestoresTheBestWeights) {
  Problem p = make_problem("friedman", "linear(64) relu linear(64) relu", 120);
  Trainer trainer(p.model, p.dataset, p.split, {.epochs = 60, .lr = 0.02, .schedule = "none", .patience = 100});
  const History history = trainer.run();
  double best = history.rows.front().valid.loss;
  for (const EpochRow& row : history.rows) best = std::min(best, row.valid.loss);
  EXPECT_LT(history.best_epoch, 60) << "a run that overfits is needed here";
  EXPECT_EQ(history.rows[static_cast<std::size_t>(history.best_epoch - 1)].valid.loss, best);
  EXPECT_EQ(evaluate(p.model, p.dataset, p.split.valid).loss, best);
  p.model.network->load_state(trainer.last_weights());
  EXPECT_EQ(evaluate(p.model, p.dataset, p.split.valid).loss, history.rows.back().valid.loss);
}

TEST(Trainer, NamesTheBestEpochByTheMetricThatItIsTold) {
  const auto best_of = [](const char* problem, const char* by, auto value) {
    Problem p = make_problem(problem, "linear(16) relu", 300);
    Options options{.epochs = 30, .lr = 1e-2};
    options.best_by = by;
    Trainer trainer(p.model, p.dataset, p.split, options);
    const History history = trainer.run();
    double best = -HUGE_VAL;
    for (const EpochRow& row : history.rows) best = std::max(best, value(row.valid));
    EXPECT_EQ(value(history.rows[static_cast<std::size_t>(history.best_epoch - 1)].valid), best) << by;
    EXPECT_EQ(value(evaluate(p.model, p.dataset, p.split.valid)), best) << by;
  };
  best_of("moons", "accuracy", [](const Metrics& m) { return m.accuracy; });
  best_of("moons", "f1_macro", [](const Metrics& m) { return m.f1_macro; });
  best_of("moons", "auc", [](const Metrics& m) { return *m.auc; });
  best_of("friedman", "mae", [](const Metrics& m) { return -m.mae; });
  best_of("friedman", "r2", [](const Metrics& m) { return m.r2; });
  Problem p = make_problem("friedman", "linear(16) relu", 300);
  Options options;
  options.best_by = "accuracy";
  EXPECT_THAT(message_of<InputError>([&] { Trainer(p.model, p.dataset, p.split, options); }),
              HasSubstr("loss, rmse, mae or r2"));
}

TEST(Trainer, TakesWhatIsBetterByLessThanItsMinimumForNoBetter) {
  const auto epochs = [](double min_delta, const char* by) {
    Problem p = make_problem("moons", "linear(16) relu", 300);
    Options options{.epochs = 60, .lr = 1e-2, .patience = 3};
    options.min_delta = min_delta;
    options.best_by = by;
    Trainer trainer(p.model, p.dataset, p.split, options);
    return trainer.run().rows.size();
  };
  EXPECT_EQ(epochs(10, "loss"), 4u) << "no loss is better by ten times itself than the first";
  EXPECT_EQ(epochs(10, "accuracy"), 4u);
  EXPECT_GT(epochs(0, "loss"), 10u);
}

TEST(Trainer, TellsFindingsAtTheEndOfTheEpochInWhichTheyAreMade) {
  Problem p = make_problem("friedman", "linear(40) relu", 1500);
  p.model.network->parameters()[1].detach().fill_(-100);
  Trainer trainer(p.model, p.dataset, p.split, {.epochs = 3});
  std::vector<std::string> told;
  trainer.on_finding = [&](const health::Finding& finding) { told.push_back(finding.rule); };
  const History history = trainer.run();
  EXPECT_EQ(std::count(told.begin(), told.end(), "dead_units"), 1);
  for (const EpochRow& row : history.rows) EXPECT_THAT(row.findings, HasSubstr("dead_units(relu1)"));
}

TEST(Trainer, StopsWhenItsPatienceIsAtAnEnd) {
  Problem p = make_problem("friedman", "linear(64) relu linear(64) relu", 120);
  Trainer trainer(p.model, p.dataset, p.split, {.epochs = 500, .lr = 0.02, .schedule = "none", .patience = 7});
  const History history = trainer.run();
  EXPECT_EQ(history.ending, Ending::early);
  EXPECT_EQ(static_cast<std::int64_t>(history.rows.size()), history.best_epoch + 7);
}

/// A run of 20 epochs of 3 batches whose validation loss is never better than after the first one: those rows say the
/// opposite of what the training rows say.
Problem problem_that_does_not_improve() {
  Problem p = make_problem("friedman", "linear(8) relu", 120);
  float* y = p.dataset.targets.data<float>();
  float mean = 0;
  for (const std::int64_t i : p.split.valid) mean += y[i] / static_cast<float>(p.split.valid.size());
  for (const std::int64_t i : p.split.valid) y[i] = -50 * (y[i] - mean);
  return p;
}

const Options twenty_epochs{.epochs = 20, .batch_size = 32, .lr = 0.02, .patience = 100};

std::vector<double> rates_of_run(Problem& p, const Options& options) {
  std::vector<double> rates;
  Trainer trainer(p.model, p.dataset, p.split, options);
  trainer.on_progress = [&](const Progress& progress) { rates.push_back(progress.lr); };
  const History history = trainer.run();
  EXPECT_EQ(history.best_epoch, 1) << "the validation loss was to rise";
  for (std::size_t i = 0; i < history.rows.size(); ++i) EXPECT_EQ(history.rows[i].lr, rates[3 * i + 2]) << i;
  return rates;
}

TEST(Trainer, GoesAlongEachSchedulesCurveAsPyTorchDoesWhateverTheLossDoes) {
  const nlohmann::json stored = stored_json("tables").at("runs");
  for (const std::string& kind : optim::schedule_names())
    for (const bool warm : {false, true}) {
      const std::string name = (warm ? "warm " : "") + kind;
      if (!stored.contains(name)) continue;
      Options options = twenty_epochs;
      options.schedule = kind;
      options.warmup_steps = warm ? 7 : 0;
      Problem p = problem_that_does_not_improve();
      const auto rates = rates_of_run(p, options), expected = stored.at(name).get<std::vector<double>>();
      ASSERT_EQ(rates.size(), 60u) << name;
      for (std::size_t i = 0; i < rates.size(); ++i) EXPECT_NEAR(rates[i], expected[i], 1e-12) << name << " " << i;
    }
}

TEST(Trainer, GoesAlongEachSchedulesFormula) {
  constexpr double lr = 0.02, pi = 3.14159265358979323846;
  const auto cosine = [&](double from, double to, double t) { return to + (from - to) * (1 + std::cos(pi * t)) / 2; };
  const struct {
    const char* kind;
    std::function<double(int step)> rate;
  } cases[] = {
      {"none", [&](int) { return lr; }},
      {"step", [&](int i) { return lr * std::pow(0.1, i / 3 / 7); }},
      {"exponential", [&](int i) { return lr * std::pow(0.95, i / 3); }},
      {"cosine", [&](int i) { return cosine(lr, lr / 100, i / 59.0); }},
      // The sixth epoch in a row that is no better halves it: the seventh, the thirteenth, the nineteenth of the run.
      {"plateau", [&](int i) { return lr * std::pow(0.5, (i / 3 - 1) / 6); }},
      {"onecycle",
       [&](int i) { return i <= 17 ? cosine(lr / 25, lr, i / 17.0) : cosine(lr, lr / 250000, (i - 17) / 42.0); }},
  };
  for (const auto& c : cases) {
    Options options = twenty_epochs;
    options.schedule = c.kind;
    Problem p = problem_that_does_not_improve();
    const auto rates = rates_of_run(p, options);
    for (int i = 0; i < std::ssize(rates); ++i)
      EXPECT_NEAR(rates[static_cast<std::size_t>(i)], c.rate(i), 1e-12) << c.kind << " " << i;
  }
}

TEST(Trainer, GoesOnAlongTheSameCurveWhereItWasInterrupted) {
  for (const auto kind : {"none", "cosine", "plateau"}) {
    Options options = twenty_epochs;
    options.schedule = kind;
    Problem whole = problem_that_does_not_improve();
    const std::vector<double> expected = rates_of_run(whole, options);
    Problem p = problem_that_does_not_improve();
    std::vector<double> rates;
    std::atomic<bool> stop = false;
    const auto keep = [&](const Progress& progress) {
      rates.push_back(progress.lr);
      stop = rates.size() == 43;  // in epoch 15, after the rate of a plateau was halved twice
    };
    Trainer first(p.model, p.dataset, p.split, options);
    first.stop = &stop;
    first.on_progress = keep;
    EXPECT_EQ(first.run().ending, Ending::interrupted);
    Problem again = problem_that_does_not_improve();
    Trainer second(again.model, again.dataset, again.split, options);
    second.restore(first.checkpoint());
    second.on_progress = keep;
    second.run();
    EXPECT_EQ(rates, expected) << kind;
  }
}

TEST(Trainer, KeepsTheLastWeightsWithoutValidationRows) {
  Problem p = make_problem("moons", "linear(8) relu", 200);
  p.split.valid.clear();
  Trainer trainer(p.model, p.dataset, p.split, {.epochs = 5});
  const History history = trainer.run();
  EXPECT_EQ(history.best_epoch, 5);
  EXPECT_EQ(history.rows.back().valid.rows, 0);
  EXPECT_EQ(weights_of(p.model), [&] {
    auto trained = weights_of(p.model);
    p.model.network->load_state(trainer.last_weights());
    EXPECT_EQ(weights_of(p.model), trained);
    return trained;
  }());
}

TEST(Trainer, EndsWithFiniteWeightsAndAFindingWhereTheRateIsTooLarge) {
  for (const bool validated : {true, false})
    for (const double lr : {1e3, 1e12, 1e30}) {
      Problem p = make_problem("friedman", "linear(32) relu linear(32) relu", 200);
      if (!validated) p.split.valid.clear();
      Trainer trainer(p.model, p.dataset, p.split, {.epochs = 20, .optimizer = "sgd", .lr = lr});
      const History history = trainer.run();
      EXPECT_EQ(history.ending, Ending::not_finite) << lr;
      ASSERT_FALSE(history.findings.empty()) << lr;
      EXPECT_EQ(history.findings[0].rule, "exploding_gradient");
      EXPECT_EQ(history.findings[0].severity, health::Severity::error);
      for (const float w : weights_of(p.model)) ASSERT_TRUE(std::isfinite(w)) << lr << " " << validated;
    }
}

TEST(Trainer, SeesWeightsThatTheLastBatchMadeInfinite) {
  for (const bool validated : {true, false}) {
    Problem p = make_problem("friedman", "linear(8) relu", 40);
    if (!validated) p.split.valid.clear();
    const auto before = weights_of(p.model);
    // One batch in one epoch: its loss is a number, what its step leaves behind is not.
    Trainer trainer(p.model, p.dataset, p.split, {.epochs = 1, .batch_size = 64, .optimizer = "sgd", .lr = 1e39});
    const History history = trainer.run();
    EXPECT_EQ(history.ending, Ending::not_finite);
    EXPECT_EQ(weights_of(p.model), before);
    EXPECT_FALSE(history.findings.empty());
  }
}

TEST(Trainer, ReportsProgressForEveryBatchAndARowForEveryEpoch) {
  Problem p = make_problem("moons", "linear(8) relu", 200);
  Trainer trainer(p.model, p.dataset, p.split, {.epochs = 3, .batch_size = 60});
  std::vector<std::int64_t> batches, epochs;
  trainer.on_progress = [&](const Progress& progress) { batches.push_back(progress.batch); };
  trainer.on_epoch = [&](const EpochRow& row) { epochs.push_back(row.epoch); };
  trainer.run();
  EXPECT_THAT(batches, ::testing::ElementsAre(1, 2, 3, 1, 2, 3, 1, 2, 3));
  EXPECT_THAT(epochs, ::testing::ElementsAre(1, 2, 3));
}

TEST(Trainer, ClipsTheNormOfTheGradient) {
  const Options free{.epochs = 1,
                     .batch_size = 1000,
                     .optimizer = "sgd",
                     .lr = 1,
                     .momentum = 0,
                     .weight_decay = 0,
                     .schedule = "none"};
  Options clipped = free;
  clipped.clip_norm = 0.01;
  Problem p = make_problem("friedman", "linear(8) relu", 100);
  const auto before = weights_of(p.model);
  Trainer(p.model, p.dataset, p.split, clipped).run();
  const auto after = weights_of(p.model);
  double moved = 0;
  for (std::size_t i = 0; i < after.size(); ++i)
    moved += std::pow(static_cast<double>(after[i]) - static_cast<double>(before[i]), 2);
  EXPECT_NEAR(std::sqrt(moved), 0.01, 1e-5);
}

TEST(Trainer, ClipsElementsAndUnitsOfTheGradient) {
  Options plain{.epochs = 1, .batch_size = 1000, .optimizer = "sgd", .lr = 1, .momentum = 0, .weight_decay = 0};
  plain.schedule = "none";
  Options by_value = plain, by_unit = plain;
  by_value.clip_value = 1e-3;
  by_unit.clip_adaptive = 0.01;
  const auto step_of = [](const Options& options) {
    Problem p = make_problem("friedman", "linear(8) relu", 100);
    const Tensor weight = p.model.network->parameters().front(), before = weight.detach().clone();
    Trainer(p.model, p.dataset, p.split, options).run();
    return std::pair(before, weight.detach() - before);
  };
  EXPECT_GT(max(abs(step_of(plain).second)).item<double>(), 1e-2);
  EXPECT_NEAR(max(abs(step_of(by_value).second)).item<double>(), 1e-3, 1e-6);
  const auto [weight, step] = step_of(by_unit);
  for (std::int64_t unit = 0; unit < weight.size(0); ++unit) {
    const auto norm = [unit](const Tensor& t) { return std::sqrt(sum(pow(t.select(0, unit), 2)).item<double>()); };
    EXPECT_LE(norm(step), 0.01 * norm(weight) * 1.001) << unit;
  }
}

bool has_gradients(const nn::Module& network) {
  const std::vector<Tensor> parameters = network.parameters();
  return std::all_of(parameters.begin(), parameters.end(), [](const Tensor& p) { return p.grad().defined(); });
}

/// Of a run, at whose epochs' ends there are gradients always.
int steps_without_gradients(Problem& problem, const Options& options) {
  Trainer trainer(problem.model, problem.dataset, problem.split, options);
  int count = 0;
  trainer.on_progress = [&](const Progress&) { count += has_gradients(*problem.model.network) ? 0 : 1; };
  trainer.on_epoch = [&](const EpochRow&) { EXPECT_TRUE(has_gradients(*problem.model.network)); };
  trainer.run();
  return count;
}

TEST(Trainer, StepsWhileGradientsAreMadeWhereNothingElseNeedsThem) {
  const Options options{.epochs = 2};
  Options clipping = options;
  clipping.clip_value = 1e30;
  for (const char* layers : {"linear(100) relu linear(33) relu", "linear(16) batchnorm relu dropout(0.2)"}) {
    Problem fused = make_problem("friedman", layers, 500), plain = make_problem("friedman", layers, 500);
    EXPECT_GT(steps_without_gradients(fused, options), 0);
    EXPECT_EQ(steps_without_gradients(plain, clipping), 0);
    EXPECT_EQ(weights_of(fused.model), weights_of(plain.model)) << layers;
  }
}

TEST(Trainer, LearnsWithProductsInBfloat16AndLeavesThePrecisionAsItWas) {
  const Options full{.epochs = 4, .batch_size = 256};
  Options rounded = full;
  rounded.precision = kernels::MatmulPrecision::medium;
  Problem p = make_problem("friedman", "linear(200) relu linear(200) relu", 2000);
  Trainer trainer(p.model, p.dataset, p.split, rounded);
  trainer.run();
  EXPECT_EQ(kernels::float32_matmul_precision(), kernels::MatmulPrecision::highest);
  EXPECT_EQ(weights_of(p.model) != weights_after("friedman", "linear(200) relu linear(200) relu", full, 2000),
            kernels::has_bf16_matmul());
  Problem q = make_problem("friedman", "linear(200) relu linear(200) relu", 2000);
  Trainer(q.model, q.dataset, q.split, full).run();
  EXPECT_NEAR(evaluate(p.model, p.dataset, p.split.valid).r2, evaluate(q.model, q.dataset, q.split.valid).r2, 0.02);
}

TEST(Trainer, WeighsRareClassesAsMuchAsCommonOnes) {
  Problem p = make_problem("moons", "linear(16) relu", 600);
  // Keep one in ten of the second class to train on.
  std::int64_t seen = 0;
  std::erase_if(p.split.train,
                [&](std::int64_t i) { return p.dataset.targets.data<std::int64_t>()[i] == 1 && seen++ % 10 != 0; });
  const auto found = [&](bool balanced) {
    Rng rng(3);
    p.model.build(rng);
    Trainer trainer(p.model, p.dataset, p.split, {.epochs = 8, .balanced_classes = balanced});
    trainer.run();
    const Metrics m = evaluate(p.model, p.dataset, p.split.valid);
    return m.confusion[1 * 2 + 1];
  };
  EXPECT_GT(found(true), found(false));
}

TEST(Trainer, SaysWhatItNeeds) {
  Problem p = make_problem("moons", "linear(8) relu", 40);
  EXPECT_THAT(message_of<ValueError>([&] { Trainer(p.model, p.dataset, p.split, {.optimizer = "adamax"}); }),
              HasSubstr("adam, adamw, sgd, rmsprop, adagrad"));
  p.model.network = nullptr;
  EXPECT_THAT(message_of<ValueError>([&] { Trainer(p.model, p.dataset, p.split, {}); }), HasSubstr("build()"));
}

}  // namespace
}  // namespace relume::training
