// A run that is interrupted and taken up again is the run that was never interrupted, bit for bit.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <limits>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "relume/optim/optimizer_table.h"
#include "relume/optim/schedule.h"
#include "relume/train/evaluate.h"
#include "relume/train/trainer.h"
#include "tests/reference/message_of.h"
#include "tests/train/small_problem.h"

namespace relume::training {
namespace {

using ::testing::HasSubstr;

TEST(Interrupted, LeavesTheBestWeightsInTheModelAndTheLastInTheCheckpoint) {
  Problem p = make_problem("friedman", "linear(16) relu", 200);
  Options options{.epochs = 60, .optimizer = "sgd", .lr = 0.3, .schedule = "none"};
  Trainer trainer(p.model, p.dataset, p.split, options);
  std::atomic<bool> stop = false;
  trainer.stop = &stop;
  double best = std::numeric_limits<double>::infinity();
  trainer.on_epoch = [&](const EpochRow& row) {
    stop = row.epoch > 3 && row.valid.loss > best;
    best = std::min(best, row.valid.loss);
  };
  const History history = trainer.run();
  ASSERT_EQ(history.ending, Ending::interrupted);
  EXPECT_LT(history.best_epoch, std::ssize(history.rows));
  EXPECT_NEAR(evaluate(p.model, p.dataset, p.split.valid).loss, best, 1e-6 * best);
  const io::Checkpoint checkpoint = trainer.checkpoint();
  for (const auto& [name, tensor] : trainer.last_weights()) {
    const auto found =
        std::ranges::find(checkpoint.tensors, "model." + name, [](const auto& part) { return part.first; });
    ASSERT_NE(found, checkpoint.tensors.end()) << name;
    EXPECT_EQ(found->second.to_vector<float>(), tensor.to_vector<float>()) << name;
  }
}

struct Outcome {
  std::vector<float> best;
  std::vector<float> last;
  History history;
};

Outcome outcome_of(Problem& p, const Trainer& trainer, const History& history) {
  Outcome outcome{weights_of(p.model), {}, history};
  for (const auto& [name, tensor] : trainer.last_weights()) {
    const auto values = tensor.to_vector<float>();
    outcome.last.insert(outcome.last.end(), values.begin(), values.end());
  }
  return outcome;
}

Outcome uninterrupted(const char* layers, const Options& options) {
  Problem p = make_problem("friedman", layers, 200);
  Trainer trainer(p.model, p.dataset, p.split, options);
  const History history = trainer.run();
  return outcome_of(p, trainer, history);
}

/// Stops after `batches` batches, writes a checkpoint to a file, and goes on from it with everything made anew.
Outcome interrupted(const char* layers, const Options& options, int batches) {
  const auto path = std::filesystem::temp_directory_path() / ("relume_resume_" + std::to_string(::getpid()));
  {
    Problem p = make_problem("friedman", layers, 200);
    Trainer trainer(p.model, p.dataset, p.split, options);
    std::atomic<bool> stop = false;
    trainer.stop = &stop;
    trainer.on_progress = [&](const Progress&) { stop = --batches <= 0; };
    EXPECT_EQ(trainer.run().ending, Ending::interrupted);
    io::save_checkpoint(path, trainer.checkpoint());
  }
  manual_seed(987);  // whatever the process drew in between must not matter
  Problem p = make_problem("friedman", layers, 200, 77);
  Trainer trainer(p.model, p.dataset, p.split, options);
  trainer.restore(io::load_checkpoint(path));
  std::filesystem::remove(path);
  const History history = trainer.run();
  return outcome_of(p, trainer, history);
}

void expect_same(const Outcome& a, const Outcome& b) {
  EXPECT_EQ(a.best, b.best);
  EXPECT_EQ(a.last, b.last);
  EXPECT_EQ(a.history.best_epoch, b.history.best_epoch);
  EXPECT_EQ(a.history.ending, b.history.ending);
  ASSERT_EQ(a.history.rows.size(), b.history.rows.size());
  for (std::size_t i = 0; i < a.history.rows.size(); ++i) {
    EXPECT_EQ(a.history.rows[i].train_loss, b.history.rows[i].train_loss) << i;
    EXPECT_EQ(a.history.rows[i].valid.loss, b.history.rows[i].valid.loss) << i;
    EXPECT_EQ(a.history.rows[i].grad_norm, b.history.rows[i].grad_norm) << i;
    EXPECT_EQ(a.history.rows[i].lr, b.history.rows[i].lr) << i;
    EXPECT_EQ(a.history.rows[i].update_ratio, b.history.rows[i].update_ratio) << i;
  }
  const auto in_words = [](const History& history) {
    std::string text;
    for (const health::Finding& f : history.findings) text += fmt::format("{} {}\n", f.step, health::to_string(f));
    return text;
  };
  EXPECT_EQ(in_words(a.history), in_words(b.history));
}

TEST(Resume, GoesOnToTheSameBitsFromTheMiddleOfAnEpoch) {
  const char* layers = "linear(16) relu linear(8) tanh";
  for (const std::string& optimizer : optim::optimizer_names()) {
    const Options options{.epochs = 6, .batch_size = 16, .optimizer = optimizer, .seed = 3};
    const Outcome whole = uninterrupted(layers, options);
    for (const int batches : {1, 10, 23, 50}) expect_same(interrupted(layers, options, batches), whole);
  }
}

TEST(Resume, GoesOnToTheSameBitsFromACheckpointOfARunThatWentOn) {
  const char* layers = "linear(16) relu dropout(0.3) linear(8) tanh";
  const Options options{.epochs = 3, .batch_size = 16, .schedule = "plateau", .seed = 3};
  const Outcome whole = uninterrupted(layers, options);
  std::vector<io::Checkpoint> checkpoints;
  Problem p = make_problem("friedman", layers, 200);
  Trainer trainer(p.model, p.dataset, p.split, options);
  trainer.on_progress = [&](const Progress&) { checkpoints.push_back(trainer.checkpoint()); };
  const History history = trainer.run();
  expect_same(outcome_of(p, trainer, history), whole);
  ASSERT_EQ(checkpoints.size(), 30u);
  for (const io::Checkpoint& checkpoint : checkpoints) {
    Problem again = make_problem("friedman", layers, 200, 77);
    Trainer resumed(again.model, again.dataset, again.split, options);
    resumed.restore(checkpoint);
    const History rest = resumed.run();
    expect_same(outcome_of(again, resumed, rest), whole);
  }
}

TEST(Resume, GoesOnToTheSameBitsWithDropout) {
  const char* layers = "linear(16) relu dropout(0.4) linear(8) relu dropout(0.2)";
  const Options options{.epochs = 4, .batch_size = 16, .seed = 3};
  const Outcome whole = uninterrupted(layers, options);
  for (const int batches : {3, 10, 20}) expect_same(interrupted(layers, options, batches), whole);
}

TEST(Resume, GoesOnToTheSameBitsWithPruningAndAPenalty) {
  const char* layers = "linear(24) relu linear(8) relu";
  const Options options{.epochs = 5, .batch_size = 16, .sparsity = 0.1, .prune = 0.6, .seed = 3};
  const Outcome whole = uninterrupted(layers, options);
  for (const int batches : {3, 12, 20, 37}) expect_same(interrupted(layers, options, batches), whole);
}

TEST(Resume, GoesOnToTheSameBitsWithEverySchedule) {
  for (const std::string& schedule : optim::schedule_names()) {
    const Options options{
        .epochs = 12, .batch_size = 32, .lr = 0.02, .schedule = schedule, .warmup_steps = 7, .clip_norm = 1};
    expect_same(interrupted("linear(16) relu", options, 33), uninterrupted("linear(16) relu", options));
  }
}

TEST(Resume, KeepsItsPatience) {
  const Options options{.epochs = 200, .batch_size = 16, .lr = 0.03, .schedule = "none", .patience = 5};
  const Outcome whole = uninterrupted("linear(32) relu", options);
  ASSERT_EQ(whole.history.ending, Ending::early);
  const auto batches = static_cast<int>(whole.history.rows.size() - 2) * 10 + 3;
  expect_same(interrupted("linear(32) relu", options, batches), whole);
}

TEST(Resume, KeepsHowTheRunEnded) {
  const Options early{.epochs = 200, .batch_size = 16, .lr = 0.03, .schedule = "none", .patience = 5};
  const Options dead{.epochs = 30, .lr = 3, .schedule = "none", .on_dead = OnDead::stop};
  for (const auto& [options, ending] : {std::pair(early, Ending::early), std::pair(dead, Ending::dead_units)}) {
    Problem p = make_problem("friedman", "linear(16) relu", 2000);
    Trainer trainer(p.model, p.dataset, p.split, options);
    const History whole = trainer.run();
    ASSERT_EQ(whole.ending, ending);
    Trainer again(p.model, p.dataset, p.split, options);
    again.restore(trainer.checkpoint());
    const History rest = again.run();
    EXPECT_EQ(rest.ending, ending);
    EXPECT_EQ(rest.rows.size(), whole.rows.size());
    EXPECT_EQ(rest.findings.size(), whole.findings.size());
  }
}

TEST(Resume, DoesNothingMoreWhereTheRunWasOver) {
  const Options options{.epochs = 2};
  Problem p = make_problem("moons", "linear(8) relu", 100);
  Trainer trainer(p.model, p.dataset, p.split, options);
  trainer.run();
  const auto weights = weights_of(p.model);
  Trainer again(p.model, p.dataset, p.split, options);
  again.restore(trainer.checkpoint());
  EXPECT_EQ(again.run().rows.size(), 2u);
  EXPECT_EQ(weights_of(p.model), weights);
}

TEST(Resume, KeepsEveryMetricOfTheRowsBefore) {
  Problem p = make_problem("moons", "linear(8) relu", 100);
  Trainer trainer(p.model, p.dataset, p.split, {.epochs = 2});
  const History whole = trainer.run();
  Trainer again(p.model, p.dataset, p.split, {.epochs = 2});
  again.restore(trainer.checkpoint());
  const EpochRow row = again.run().rows.front(), expected = whole.rows.front();
  EXPECT_EQ(row.valid.accuracy, expected.valid.accuracy);
  EXPECT_EQ(row.valid.f1_macro, expected.valid.f1_macro);
  EXPECT_EQ(row.valid.auc, expected.valid.auc);
  EXPECT_TRUE(row.valid.auc.has_value());
  EXPECT_EQ(row.dead_share, expected.dead_share);
  ASSERT_EQ(row.weights.size(), 2u);
  for (std::size_t k = 0; k < 2; ++k) {
    EXPECT_EQ(row.weights[k].gradient_rms, expected.weights[k].gradient_rms);
    EXPECT_EQ(row.weights[k].update_ratio, expected.weights[k].update_ratio);
  }
}

TEST(Resume, RefusesOtherOptionsAndSaysWhich) {
  Problem p = make_problem("moons", "linear(8) relu", 100);
  const io::Checkpoint checkpoint = Trainer(p.model, p.dataset, p.split, {.epochs = 2}).checkpoint();
  Trainer other(p.model, p.dataset, p.split, {.epochs = 3});
  EXPECT_THAT(message_of<InputError>([&] { other.restore(checkpoint); }), HasSubstr("epochs = 2, this one has 3"));
  Problem wider = make_problem("moons", "linear(9) relu", 100);
  Trainer another(wider.model, wider.dataset, wider.split, {.epochs = 2});
  EXPECT_THAT(message_of<InputError>([&] { another.restore(checkpoint); }), HasSubstr("linear(8) relu"));
}

TEST(Resume, TakesAnOptionThatTheRunDidNotKnowYetForItsDefault) {
  Problem p = make_problem("moons", "linear(8) relu", 100);
  io::Checkpoint checkpoint = Trainer(p.model, p.dataset, p.split, {.epochs = 2}).checkpoint();
  nlohmann::json state = nlohmann::json::parse(checkpoint.state);
  ASSERT_EQ(state.at("options").erase("min_delta"), 1u);
  checkpoint.state = state.dump();
  EXPECT_NO_THROW(Trainer(p.model, p.dataset, p.split, {.epochs = 2}).restore(checkpoint));
  Trainer other(p.model, p.dataset, p.split, {.epochs = 2, .min_delta = 0.5});
  EXPECT_THAT(message_of<InputError>([&] { other.restore(checkpoint); }),
              HasSubstr("min_delta = 0.0, this one has 0.5"));
}

TEST(Resume, RefusesADamagedCheckpoint) {
  Problem p = make_problem("moons", "linear(8) relu", 100);
  Trainer trainer(p.model, p.dataset, p.split, {.epochs = 2});
  io::Checkpoint checkpoint = trainer.checkpoint();
  checkpoint.state = "{\"options\": 3}";
  EXPECT_THAT(message_of<InputError>([&] { trainer.restore(checkpoint); }), HasSubstr("damaged"));
  checkpoint = trainer.checkpoint();
  checkpoint.tensors.erase(checkpoint.tensors.begin());
  EXPECT_THAT(message_of<InputError>([&] { trainer.restore(checkpoint); }), HasSubstr("missing"));
}

TEST(Resume, RefusesOtherDataOfTheSameShape) {
  Problem p = make_problem("moons", "linear(8) relu", 100);
  const io::Checkpoint checkpoint = Trainer(p.model, p.dataset, p.split, {.epochs = 2}).checkpoint();
  const auto message = [&](auto change) {
    Problem other = make_problem("moons", "linear(8) relu", 100);
    change(other);
    Trainer trainer(other.model, other.dataset, other.split, {.epochs = 2});
    return message_of<InputError>([&] { trainer.restore(checkpoint); });
  };
  EXPECT_THAT(message([](Problem& o) { o.dataset.features.data<float>()[7] += 1; }), HasSubstr("data is not"));
  EXPECT_THAT(message([](Problem& o) { o.dataset.targets.data<std::int64_t>()[3] ^= 1; }), HasSubstr("data is not"));
  EXPECT_THAT(message([](Problem& o) { std::swap(o.split.train[0], o.split.valid[0]); }), HasSubstr("data is not"));
  EXPECT_THAT(message([](Problem& o) { o.model.labels = {"b", "a"}; }), HasSubstr("data is not"));
}

TEST(Resume, RefusesBestWeightsAndPlacesThatDoNotFit) {
  Problem p = make_problem("moons", "linear(8) relu", 100);
  Trainer trainer(p.model, p.dataset, p.split, {.epochs = 2});
  trainer.run();
  const io::Checkpoint whole = trainer.checkpoint();
  io::Checkpoint checkpoint = whole;
  for (auto& [name, tensor] : checkpoint.tensors)
    if (name.starts_with("best.")) tensor = zeros({1});
  EXPECT_THAT(message_of<InputError>([&] { trainer.restore(checkpoint); }), HasSubstr("best weights"));
  checkpoint = whole;
  std::erase_if(checkpoint.tensors, [](const auto& part) { return part.first == "best.0.bias"; });
  EXPECT_THAT(message_of<InputError>([&] { trainer.restore(checkpoint); }), HasSubstr("best weights"));
  checkpoint = whole;
  const std::size_t at = checkpoint.state.find("\"next_batch\":");
  ASSERT_NE(at, std::string::npos);
  checkpoint.state.insert(at + 13, "-7");
  EXPECT_THAT(message_of<InputError>([&] { trainer.restore(checkpoint); }), HasSubstr("next_batch is -7"));
}

TEST(Resume, RemembersWhatTheMonitorHasSeen) {
  // Steps far too large: found early, and still in the report of the run that goes on.
  const Options options{.epochs = 6, .batch_size = 16, .optimizer = "adam", .lr = 0.5, .seed = 3};
  const Outcome whole = uninterrupted("linear(16) tanh linear(8) tanh", options);
  EXPECT_THAT(whole.history.findings, testing::Contains(testing::Field(&health::Finding::rule, "step_too_large")));
  for (const int batches : {5, 30, 55})
    expect_same(interrupted("linear(16) tanh linear(8) tanh", options, batches), whole);
}

}  // namespace
}  // namespace relume::training
