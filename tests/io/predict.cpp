#include <cmath>
#include <fstream>
#include <iterator>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/autograd/grad_mode.h"
#include "relume/data/open.h"
#include "relume/io/model.h"
#include "relume/io/trial.h"
#include "relume/nn/linear.h"
#include "tests/data/temporary_file.h"
#include "tests/io/made_model.h"

namespace relume::io {
namespace {

/// output = x, for one feature.
Model passes_through(data::Task task, std::int64_t outputs = 1) {
  Model model;
  model.task = task;
  model.features = 1;
  model.outputs = outputs;
  Rng rng(0);
  model.build(rng);
  for (const auto& [name, tensor] : model.network->state()) tensor.detach().fill_(name.ends_with("weight") ? 1 : 0);
  return model;
}

TEST(Predict, TellsValuesApartThatAreOneInFloat32) {
  Model model = passes_through(data::Task::regression);
  model.target_mean = 1.7e9;
  model.target_scale = 173.5;
  const Predictions p = predict(model, from_vector(std::vector<float>{-1, 0, 0.25, 1}, Shape{4, 1}));
  EXPECT_THAT(p.values(), testing::ElementsAre(1.7e9 - 173.5, 1.7e9, 1.7e9 + 43.375, 1.7e9 + 173.5));
  EXPECT_EQ(p.text(2), "1700000043.375");
}

TEST(Predict, RefusesAnOutputThatIsNoNumberByItsRow) {
  const Model model = passes_through(data::Task::classification, 2);
  const Tensor x = from_vector(std::vector<float>{0, 1, NAN}, Shape{3, 1});
  EXPECT_THAT(data::message_of<Error>([&] { predict(model, x, 4096); }), testing::HasSubstr("row 4099"));
}

TEST(Predict, GivesClassesAndProbabilities) {
  Model model = passes_through(data::Task::classification, 2);
  model.network->state()[0].second.detach().slice(0, 0, 1).fill_(-1);
  const Predictions p = predict(model, from_vector(std::vector<float>{-1, 2}, Shape{2, 1}));
  EXPECT_THAT(p.classes(), testing::ElementsAre(0, 1));
  EXPECT_NEAR(p.probabilities().to_vector<double>()[3], 1 / (1 + std::exp(-4.0)), 1e-6);
}

/// rooms 0…9 and place north or south; price = 100 rooms + 50 in the north.
data::Table houses() {
  std::vector<double> rooms, price;
  std::vector<std::string> place;
  for (int i = 0; i < 60; ++i) {
    rooms.push_back(i % 10);
    place.emplace_back(i % 3 == 0 ? "north" : "south");
    price.push_back(100 * (i % 10) + (i % 3 == 0 ? 50 : 0));
  }
  data::Table table;
  table.source = "houses";
  return table.add_numbers("rooms", rooms).add_texts("place", place).add_numbers("price", price);
}

/// The network's own outputs for the table, by the way that training takes.
std::vector<double> expected_values(const Model& model, const data::Table& table) {
  NoGradGuard guard;
  model.network->eval();
  std::vector<double> values;
  for (const double y : (*model.network)(model.preprocessor->transform(table)).to_vector<double>())
    values.push_back(y * model.target_scale + model.target_mean);
  return values;
}

TEST(Predict, SaysTheSameOfATableInMemoryInAFileAndOfOneRowByItsNames) {
  const data::Table table = houses();
  const Model model = made_model(table, "price");
  const std::vector<double> expected = expected_values(model, table);
  std::string text = "rooms,place\n";
  for (int i = 0; i < 60; ++i) text += std::to_string(i % 10) + (i % 3 == 0 ? ",north\n" : ",south\n");
  const data::TemporaryFile file("new.csv", text);
  const Predictions from_memory = model.predict(table), from_file = model.predict(file.path().string());
  ASSERT_EQ(from_file.size(), 60);
  for (std::int64_t i = 0; i < 60; ++i) {
    const auto row = static_cast<std::size_t>(i);
    const double one = model.predict({{"rooms", i % 10}, {"place", i % 3 == 0 ? "north" : "south"}}).value();
    EXPECT_NEAR(from_memory.values()[row], expected[row], 1e-9 * model.target_scale);
    EXPECT_EQ(from_file[i].value(), from_memory[i].value());
    EXPECT_NEAR(one, expected[row], 1e-6 * model.target_scale);
  }
}

TEST(Predict, GivesARowsLabelAndTheProbabilitiesOfAllClasses) {
  const Model model = made_model(houses(), "place");
  const Prediction one = model.predict({{"rooms", "3"}, {"price", 300.0}});
  EXPECT_THAT(one.label(), testing::AnyOf("north", "south"));
  EXPECT_NEAR(one.probability("north") + one.probability("south"), 1, 1e-6);
  EXPECT_EQ(one.probability(), std::max(one.probability("north"), one.probability("south")));
  EXPECT_EQ(one.probabilities()[0], one.probability(model.labels[0]));
  EXPECT_THROW(static_cast<void>(one.value()), ValueError);
  EXPECT_THROW(static_cast<void>(one.probability("west")), ValueError);
}

TEST(Predict, ARowMissesAColumnOrHasAMissingValue) {
  const Model model = made_model(houses(), "price");
  EXPECT_THAT(data::message_of<InputError>([&] { model.predict({{"rooms", 3}}); }), testing::HasSubstr("place"));
  EXPECT_TRUE(std::isfinite(model.predict({{"rooms", Field()}, {"place", Field()}}).value()));
}

TEST(Predict, TakesNumbersInTheOrderOfTheColumns) {
  data::Table table;
  table.add_numbers("a", {1, 2, 3, 4, 5, 6.5, 7, 8, 9, 10}).add_numbers("b", {5, 3, 1, 8, 2, 7, 7, 1, 0, 3.5});
  table.add_numbers("y", {1.5, 2, 7, 4, 5, 6, 9, 8, 9, 11});
  const Model model = made_model(table, "y");
  const std::vector<double> expected = expected_values(model, table);
  std::vector<double> rows;
  for (std::size_t i = 0; i < 10; ++i)
    rows.insert(rows.end(), {table.columns[0].numbers[i], table.columns[1].numbers[i]});
  const Tensor x = from_vector(rows, Shape{10, 2});
  const std::vector<float> floats(rows.begin(), rows.end());
  for (const Predictions& p : {model.predict(rows), model.predict(x), model.predict(floats)})
    for (std::size_t i = 0; i < 10; ++i) EXPECT_NEAR(p.values().at(i), expected[i], 1e-6);
  rows.pop_back();
  EXPECT_THROW(model.predict(rows), ShapeError);
}

TEST(Predict, ImagesGoInInTheirOwnShape) {
  Model model = passes_through(data::Task::regression);
  model.features = 4;
  model.input_shape = {2, 2};
  Rng rng(1);
  model.build(rng);
  const Tensor images = from_vector(std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6, 7, 8}, Shape{2, 2, 2});
  const Predictions p = model.predict(images);
  EXPECT_EQ(p.values(), model.predict(images.to(float64)).values());
  NoGradGuard guard;
  EXPECT_NEAR(p.values()[1], (*model.network)(images.to(float32).reshape({2, 4})).to_vector<double>()[1], 1e-6);
  EXPECT_THROW(model.predict(ones({2, 5})), InputError);
}

TEST(Predictions, AreWrittenAsTheCommandLineWritesThem) {
  const Model model = made_model(houses(), "place");
  const data::TemporaryFile file("new.csv", "name,rooms,price\n\"a,b\",3,300\nc,9,950\n");
  const Predictions all = model.predict(file.path().string(), {.id = "name"});
  EXPECT_THAT(all.ids, testing::ElementsAre("a,b", "c"));
  for (const PredictionFormat format : {PredictionFormat::csv, PredictionFormat::json}) {
    std::string text;
    predict_text(model, file.path().string(), {.id = "name"}, format, [&](std::string_view some) { text += some; });
    EXPECT_EQ(format == PredictionFormat::csv ? all.csv() : all.json(), text);
    EXPECT_THAT(text, testing::HasSubstr(format == PredictionFormat::csv ? "\n\"a,b\"," : "{\"id\":\"a,b\",\"pr"));
  }
  all.save(file.folder() / "out.json");
  std::ifstream saved(file.folder() / "out.json");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(saved), {}), all.json());
}

TEST(Predictions, OfAFileAreThoseOfItsPartsWhateverItsLength) {
  const data::Table table = houses();
  const Model model = made_model(table, "price");
  std::string text = "rooms,place\n";
  for (int i = 0; i < 9000; ++i) text += std::to_string(i % 10) + (i % 7 == 0 ? ",west\n" : ",south\n");
  const data::TemporaryFile file("long.csv", text);
  const Predictions all = model.predict(file.path().string());
  ASSERT_EQ(all.size(), 9000);
  EXPECT_EQ(all[8999].value(), all[9].value());
  ASSERT_EQ(all.notes.size(), 1u);  // of the places that training did not see
  EXPECT_THAT(all.notes[0], testing::HasSubstr("1286 of its fields"));
}

TEST(Predict, SaysTheSameToManyThreadsAtOnce) {
  const data::Table table = houses();
  const Model model = made_model(table, "place");
  model.network->eval();
  const std::vector<double> alone = model.predict(table).probabilities().to_vector<double>();
  std::vector<std::vector<double>> said(8);
  std::vector<std::thread> threads;
  for (std::vector<double>& mine : said)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) mine = model.predict(table).probabilities().to_vector<double>();
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(said, testing::Each(alone));
}

TEST(Rounded, KeepsTheDigitsOfTheScale) {
  using data::rounded;
  EXPECT_EQ(rounded(1.7e9 + 0.123456789, 1, 3), "1700000000.12");
  EXPECT_EQ(rounded(3.14159, 1, 3), "3.14");
  EXPECT_EQ(rounded(-0.000123456, 1, 3), "-0.000123");
  EXPECT_EQ(rounded(236311.53401, 115000, 9), "236311.534");
  EXPECT_EQ(rounded(0, 1, 9), "0");
  EXPECT_EQ(rounded(1e300, 1e-300, 9), "1.0000000000000001e+300");
}

}  // namespace
}  // namespace relume::io
