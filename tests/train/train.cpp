// The calls that do what the subcommands do.
#include "relume/train/train.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/atomic_file.h"
#include "relume/train/evaluate.h"
#include "tests/io/temporary_folder.h"
#include "tests/reference/message_of.h"
#include "tests/train/small_problem.h"

namespace relume {
namespace {

using testing::HasSubstr;

/// price = 100 rooms, and 50 more in the north; no whole numbers, which could be classes.
Table houses() {
  std::vector<double> rooms, price;
  std::vector<std::string> place;
  for (int i = 0; i < 200; ++i) {
    rooms.push_back(i % 10);
    place.emplace_back(i % 3 == 0 ? "north" : "south");
    price.push_back(100 * (i % 10) + (i % 3 == 0 ? 50 : 0) + 0.25);
  }
  return Table().add_numbers("rooms", rooms).add_texts("place", place).add_numbers("price", price);
}

std::string as_csv(const Table& table) {
  std::string text;
  for (std::size_t c = 0; c < table.columns.size(); ++c) text += (c ? "," : "") + table.columns[c].name;
  text += "\n";
  for (std::int64_t row = 0; row < table.rows(); ++row)
    for (std::size_t c = 0; c < table.columns.size(); ++c)
      text += table.columns[c].text(row) + (c + 1 < table.columns.size() ? "," : "\n");
  return text;
}

const TrainOptions usual{.target = "price", .test = 0.2, .hidden = {16}, .epochs = 60, .lr = 0.01, .seed = 1};

TEST(Train, LearnsFromATableBuiltColumnByColumnAsFromItsFile) {
  const io::TemporaryFolder folder;
  const std::string path = folder / "houses.csv";
  write_file(path, as_csv(houses()));
  const auto from_memory = train(houses(), usual), from_file = train(path, usual);
  EXPECT_EQ(training::weights_of(from_memory.model), training::weights_of(from_file.model));
  EXPECT_EQ(from_memory.test->rmse, from_file.test->rmse);
  EXPECT_LT(from_memory.test->rmse, 20);
  EXPECT_NEAR(from_memory.model.predict({{"rooms", 3}, {"place", "north"}}).value(), 350, 30);
  from_memory.model.save(folder / "houses.safetensors");
  EXPECT_EQ(Model::load(folder / "houses.safetensors").predict({{"rooms", 4}, {"place", "south"}}).value(),
            from_memory.model.predict({{"rooms", 4}, {"place", "south"}}).value());
}

TEST(Train, LearnsFromAFewRowsByAllOfThem) {
  const Table line = Table().add_numbers("x", {-1, 0, 1, 2, 3, 4, 5}).add_numbers("y", {-3.5, -1, 1, 3, 5, 7, 9.5});
  for (const std::uint64_t seed : {1, 2, 3}) {
    const relume::Run run = train(line, {.target = "y", .seed = seed});
    EXPECT_GT(run.train.r2, 0.99);
    EXPECT_EQ(run.train.rows, 7);
    EXPECT_EQ(run.history.rows.size(), 2000U);
    EXPECT_THAT(run.notes, testing::ElementsAre(HasSubstr("7 rows are too few to hold some out")));
  }
  EXPECT_EQ(train(line, {.target = "y", .valid = 2, .epochs = 5}).train.rows, 5);
  EXPECT_EQ(train(line, {.target = "y", .epochs = 5, .best_by = "mae"}).train.rows, 6);
}

TEST(Train, LearnsFromTensorsAndSpans) {
  std::vector<float> x, y;
  for (int i = 0; i < 100; ++i) {
    x.insert(x.end(), {static_cast<float>(i % 10) + 0.5F, static_cast<float>(i % 7) * 0.25F});
    y.push_back(2 * x[x.size() - 2] - x.back() + 0.125F);
  }
  const TrainOptions options{.hidden = {8}, .epochs = 3, .seed = 2};
  const auto spans = train(x, y, options);
  const auto tensors = train(from_vector(x, Shape{100, 2}), from_vector(y), options);
  EXPECT_EQ(spans.model.task, data::Task::regression);
  EXPECT_EQ(training::weights_of(spans.model), training::weights_of(tensors.model));
  EXPECT_EQ(spans.model.predict(x).values(), tensors.model.predict(from_vector(x, Shape{100, 2})).values());
  std::vector<std::int64_t> classes;
  for (const float value : y) classes.push_back(value > 8 ? 1 : 0);
  EXPECT_EQ(train(from_vector(x, Shape{100, 2}), from_vector(classes), options).model.labels.size(), 2u);
  y.pop_back();
  EXPECT_THROW(train(x, y, options), ShapeError);
}

TEST(Train, SaysWhatIsWrongByTheOptionsPlainName) {
  EXPECT_THAT(message_of<Error>([] { train("builtin:moons", {.valid = "-1"}); }),
              testing::AllOf(HasSubstr("valid -1"), testing::Not(HasSubstr("--"))));
  EXPECT_THAT(message_of<Error>([] { train("builtin:moons", {.hidden = {4}, .layers = "linear(4)"}); }),
              HasSubstr("hidden and layers"));
  EXPECT_THAT(message_of<Error>([] { train("builtin:moons", {.schedule = "never"}); }), HasSubstr("never"));
  EXPECT_THAT(message_of<Error>([] { train(houses(), {.target = "prize"}); }), HasSubstr("did you mean 'price'"));
}

TEST(Train, TellsThoseWhoListen) {
  int epochs = 0;
  const auto run = train(houses(), {.target = "price", .hidden = {4}, .epochs = 3},
                         {.on_epoch = [&](const training::EpochRow&) { ++epochs; }});
  EXPECT_EQ(epochs, 3);
  EXPECT_EQ(run.history.rows.size(), 3u);
}

TEST(Evaluate, MeasuresOnATableAsOnItsFile) {
  const io::TemporaryFolder folder;
  const std::string path = folder / "houses.csv";
  write_file(path, as_csv(houses()));
  const auto run = train(path, usual);
  const Metrics metrics = evaluate(run.model, path);
  EXPECT_EQ(metrics.rows, 200);
  EXPECT_EQ(metrics.rmse, evaluate(run.model, houses()).rmse);
  const Predictions predictions = run.model.predict(path);
  double squares = 0;
  for (std::int64_t i = 0; i < 200; ++i) {
    const double price = 100 * static_cast<double>(i % 10) + (i % 3 == 0 ? 50 : 0) + 0.25;
    squares += std::pow(predictions[i].value() - price, 2);
  }
  EXPECT_NEAR(metrics.rmse, std::sqrt(squares / 200), 1e-3);
}

TEST(Inspect, CountsWhatTheLayersAreAndDo) {
  const auto run = train("builtin:moons", {.hidden = {8, 4}, .epochs = 2});
  const auto layers = inspect(run.model);
  ASSERT_EQ(layers.size(), 5u);
  EXPECT_EQ(layers[0].word, "linear(8)");
  EXPECT_EQ(layers[2].multiply_adds, 32);
  EXPECT_FALSE(layers[1].activity.has_value());
  EXPECT_EQ(inspect(run.model, "builtin:moons")[1].activity->rows, 2000);
  EXPECT_EQ(doctor(run.model, "builtin:moons").layers.size(), 3u);
}

TEST(Compare, AndFindLrTakeTheSameOptions) {
  const TrainOptions options{.hidden = {8}, .epochs = 2, .seed = 1};
  const Comparison c = compare("builtin:moons", {"relu", "elu"}, options, 2);
  EXPECT_EQ(c.runs.size(), 4u);
  EXPECT_THAT(c.csv(), testing::StartsWith("activation,seed,accuracy,loss,"));
  EXPECT_EQ(c.chart().data().lines.size(), 2u);
  EXPECT_NE(c.recommendation(), "");
  const training::LrFindResult found = find_lr("builtin:moons", options);
  EXPECT_GT(found.suggested, 0);
  EXPECT_EQ(found.chart().data().lines[0].y, found.losses);
}

TEST(Report, IsMadeAnewFromTheFoldersOfRuns) {
  const io::TemporaryFolder folder;
  TrainOptions options{.hidden = {4}, .epochs = 2, .out = folder / "a"};
  train("builtin:moons", options);
  options.out = folder / "b";
  train("builtin:moons", options);
  EXPECT_EQ(report({folder / "a"}), read_file(folder / "a" / "report.html"));
  EXPECT_THAT(report({folder / "a", folder / "b"}), testing::AllOf(HasSubstr("/a"), HasSubstr("/b")));
  EXPECT_EQ(plot::charts_of_runs({folder / "a", folder / "b"}, {"train_loss"}).size(), 1u);
}

}  // namespace
}  // namespace relume
