// A run from data to a model: what it gives, whom it tells, what it keeps, and going on with it.
#include "relume/train/run.h"

#include <atomic>
#include <chrono>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "relume/base/atomic_file.h"
#include "relume/kernels/cpu.h"
#include "relume/train/evaluate.h"
#include "relume/train/run_report.h"
#include "tests/io/temporary_folder.h"
#include "tests/reference/message_of.h"
#include "tests/train/small_problem.h"

namespace relume::training {
namespace {

using nlohmann::json;

const Options short_run{.test = 0.25, .layers = "linear(8) relu", .epochs = 4, .lr = 0.01, .seed = 3};

Job moons(const Options& options = short_run) { return make_job("builtin:moons", options); }

TEST(Run, GivesTheModelItsMetricsAndItsCourse) {
  const auto run = training::run(moons(), short_run);
  EXPECT_EQ(run.history.rows.size(), 4u);
  EXPECT_EQ(run.options.batch_size, 32);
  EXPECT_EQ(run.test->rows, 500);
  // The same by hand.
  const Job job = moons();
  const Metrics test = evaluate(run.model, job.dataset, job.split.test);
  EXPECT_EQ(run.test->accuracy, test.accuracy);
  EXPECT_EQ(run.test->loss, test.loss);
  EXPECT_EQ(run.valid->loss, run.history.rows[static_cast<std::size_t>(run.history.best_epoch - 1)].valid.loss);
  EXPECT_TRUE(std::isnan(run.test->rmse)) << "a classification has none, and no 0 either";
  EXPECT_TRUE(run.folder.empty());
}

TEST(Run, RecordsTheLevelOfInstructionsInItsModel) {
  const io::TemporaryFolder folder;
  const kernels::Level before = kernels::level();
  for (const kernels::Level level : {kernels::Level::baseline, before}) {
    kernels::force_level(level);
    training::run(moons(), short_run).model.save(folder / "model.safetensors");
    const json training = json::parse(io::Model::load(folder / "model.safetensors").training);
    EXPECT_EQ(training.at("instructions"), kernels::name(level));
  }
  kernels::force_level(before);
}

TEST(Run, SaysWhatIsMissingWhereThereAreNoTestRows) {
  Options options = short_run;
  options.test = {};
  const auto run = training::run(moons(options), options);
  EXPECT_FALSE(run.test);
  EXPECT_THAT(message_of<ValueError>([&] { return run.test->accuracy; }),
              testing::AllOf(testing::HasSubstr("no test rows"), testing::HasSubstr("test = 0.2")));
}

TEST(Run, TellsOfEachStepAndEpochAndStopsWhenItIsTold) {
  std::int64_t begun = 0, steps = 0, batches = 0;
  std::vector<std::int64_t> epochs;
  std::atomic<bool> stop = false;
  const auto run = training::run(moons(), short_run, {},
                                 {.on_begin = [&](const Beginning& beginning) { begun += beginning.options.epochs; },
                                  .on_step =
                                      [&](const Progress& progress) {
                                        ++steps;
                                        batches = progress.batches;
                                      },
                                  .on_epoch =
                                      [&](const EpochRow& row) {
                                        epochs.push_back(row.epoch);
                                        stop = row.epoch == 2;
                                      },
                                  .stop = &stop});
  EXPECT_EQ(begun, 4);
  EXPECT_THAT(epochs, testing::ElementsAre(1, 2));
  EXPECT_EQ(steps, 2 * batches);
  EXPECT_EQ(run.history.ending, Ending::interrupted);
}

TEST(Run, GoesOnInItsFolderAsIfItHadNeverStopped) {
  const io::TemporaryFolder folder;
  const auto whole = training::run(moons(), short_run);
  std::atomic<bool> stop = false;
  training::run(moons(), short_run, {.out = folder / "run"},
                {.on_epoch = [&](const EpochRow& row) { stop = row.epoch == 2; }, .stop = &stop});
  const auto rest = training::run(moons(), short_run, {.resume = folder / "run"});
  EXPECT_EQ(rest.history.rows.size(), 4u);
  EXPECT_EQ(weights_of(rest.model), weights_of(whole.model));
  EXPECT_EQ(rest.test->loss, whole.test->loss);
  EXPECT_EQ(weights_of(io::Model::load(folder / "run" / "model.safetensors")), weights_of(whole.model));
}

TEST(Run, KeepsACheckpointAfterSoManySteps) {
  const io::TemporaryFolder folder;
  const auto whole = training::run(moons(), short_run);
  struct Killed {};
  std::int64_t steps = 0;
  const auto die = [&](const Progress&) {
    if (++steps == 47) throw Killed();  // 38 batches an epoch
  };
  EXPECT_THROW(training::run(moons(), short_run, {.out = folder / "run", .checkpoint_every = 4}, {.on_step = die}),
               Killed);
  std::vector<std::pair<std::int64_t, std::int64_t>> places;
  const auto rest = training::run(moons(), short_run, {.resume = folder / "run"},
                                  {.on_step = [&](const Progress& p) { places.emplace_back(p.epoch, p.batch); }});
  const auto batches = static_cast<std::int64_t>(47 + places.size() - 3) / 4;  // four epochs, 44 steps of them kept
  EXPECT_EQ(places.front(), std::pair(44 / batches + 1, 44 % batches + 1));
  EXPECT_EQ(weights_of(rest.model), weights_of(whole.model));
  EXPECT_EQ(rest.test->loss, whole.test->loss);
}

TEST(Run, KeepsACheckpointAfterSomeTime) {
  const io::TemporaryFolder folder;
  std::vector<bool> there;
  const auto look = [&](const Progress&) {
    there.push_back(std::filesystem::exists(folder / "run" / "checkpoint" / "checkpoint.safetensors"));
  };
  training::run(moons(), short_run, {.out = folder / "run", .checkpoint_every = std::chrono::nanoseconds(1)},
                {.on_step = look});
  EXPECT_FALSE(there.at(0));
  EXPECT_TRUE(there.at(1));
}

TEST(Interval, IsANumberOfStepsOrATime) {
  EXPECT_TRUE(Interval(3).is_over(3, 0));
  EXPECT_FALSE(Interval("3").is_over(2, 1e9));
  EXPECT_TRUE(Interval(std::chrono::minutes(2)).is_over(0, 120));
  for (const auto& [text, seconds] : {std::pair("90s", 90.0), std::pair("1.5m", 90.0), std::pair("2h", 7200.0)}) {
    EXPECT_TRUE(Interval(text).is_over(0, seconds)) << text;
    EXPECT_FALSE(Interval(text).is_over(1000000, seconds - 1)) << text;
  }
  EXPECT_FALSE(Interval().is_over(1000, 1e9));
  for (const char* text : {"", "m", "0", "0s", "-5", "-5m", "nanm", "infh", "5x", "5 m", "1e999s", "ten"})
    EXPECT_THROW(Interval{text}, ValueError) << text;
  EXPECT_THROW(Interval{0}, ValueError);
  EXPECT_THROW(Interval{std::chrono::seconds(-1)}, ValueError);
}

TEST(Run, HasItsFolderToItself) {
  const io::TemporaryFolder folder;
  const auto refused = [&](const Keep& keep) {
    return message_of<InputError>([&] { training::run(moons(), short_run, keep); });
  };
  int looked = 0;
  const auto others_try = [&](const Progress&) {
    if (looked++ > 0) return;
    EXPECT_THAT(refused({.out = folder / "run"}), testing::HasSubstr("another program trains in"));
  };
  training::run(moons(), short_run, {.out = folder / "run"}, {.on_step = others_try});
  EXPECT_GT(looked, 1);
  looked = 0;
  const auto others_go_on = [&](const EpochRow&) {
    ++looked;
    EXPECT_THAT(refused({.resume = folder / "run"}), testing::HasSubstr("another program trains in"));
  };
  Options longer = short_run;
  longer.epochs = 5;
  std::filesystem::remove_all(folder / "run");
  training::run(moons(longer), longer, {.out = folder / "run", .checkpoint_every = 1}, {.on_epoch = others_go_on});
  EXPECT_EQ(looked, 5);
  EXPECT_THAT(refused({.out = folder / "other", .resume = folder / "run"}), testing::HasSubstr("give one of them"));
}

TEST(Run, KeepsItsFilesInAFolderThatHoldsNoOtherRun) {
  const io::TemporaryFolder folder;
  const auto run = training::run(moons(), short_run, {.out = folder / "run", .command = "the command"});
  EXPECT_EQ(run.folder, folder / "run");
  EXPECT_TRUE(holds_run(run.folder));
  for (const char* file : {"model.safetensors", "last.safetensors", "metrics.csv", "report.json", "report.html",
                           "checkpoint/checkpoint.safetensors"})
    EXPECT_TRUE(std::filesystem::exists(run.folder / file)) << file;
  const std::string rows = read_file(run.folder / "metrics.csv");
  EXPECT_THAT(rows, testing::StartsWith("epoch,train_loss,valid_loss,valid_accuracy,valid_f1_macro,lr,"));
  EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 5);
  const plot::ReportData report = open_report(run.folder);
  EXPECT_EQ(report.command, "the command");
  EXPECT_EQ(report.epochs.size(), 4u);
  EXPECT_THROW(training::run(moons(), short_run, {.out = folder / "run"}), InputError);
  EXPECT_THROW(open_report(folder / "nowhere"), InputError);
}

TEST(Run, IsAnObjectWithItsMetricsAndFindings) {
  const auto run = training::run(moons(), short_run);
  const std::string text = run.json();
  EXPECT_THAT(text, testing::StartsWith("{\"task\":\"classification\",\"metric\":\"accuracy\",\"train\":{\"loss\":"));
  const json j = json::parse(text);
  EXPECT_EQ(j.at("test").at("accuracy").get<double>(), run.test->accuracy);
  EXPECT_EQ(j.at("train").at("auc").get<double>(), *run.train.auc);
  EXPECT_EQ(j.at("epochs"), 4);
  EXPECT_EQ(j.at("seed"), 3);
  EXPECT_EQ(j.at("findings").size(), run.findings().size());
  EXPECT_EQ(j.at("columns").at("used").size(), 2u);
}

TEST(Run, DrawsItsReportAndItsCurves) {
  const io::TemporaryFolder folder;
  const auto run = training::run(moons(), short_run);
  run.save_report(folder / "report.html");
  EXPECT_THAT(read_file(folder / "report.html"), testing::HasSubstr("builtin:moons"));
  ASSERT_EQ(run.chart().data().lines.size(), 2u);
  EXPECT_EQ(run.chart().data().lines[1].y[3], run.history.rows[3].valid.loss);
}

TEST(Metrics, OfATaskAreListedByName) {
  const auto run = training::run(moons(), short_run);
  std::vector<std::string_view> names;
  for (const auto& [name, value] : values(run.train, data::Task::classification)) names.push_back(name);
  EXPECT_EQ(names, metric_names(data::Task::classification));
  EXPECT_EQ(main_metric(data::Task::classification), "accuracy");
  EXPECT_EQ(main_metric(data::Task::regression), "rmse");
}

}  // namespace
}  // namespace relume::training
