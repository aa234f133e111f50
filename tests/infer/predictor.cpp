#include "relume/infer/predictor.h"

#include <fstream>
#include <iterator>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/data/open.h"
#include "relume/kernels/panels.h"
#include "tests/activation/every_level.h"
#include "tests/infer/networks.h"
#include "tests/io/temporary_folder.h"
#include "tests/reference/message_of.h"

namespace relume::infer {
namespace {

using activation::on_every_level;

TEST(Predictor, GivesWhatTheModuleGivesForEveryActivationAtEveryLevel) {
  on_every_level([](kernels::Level) {
    for (const activation::Entry& entry : activation::table()) {
      SCOPED_TRACE(entry.info.name);
      Sandwich s(Activation(entry), 7, 18, 3);
      const std::vector<float> rows = random_rows(7 * 23);
      expect_equal(predict(Predictor(s.net), rows), forward(s.net, rows, 7));
    }
  });
}

TEST(Predictor, GivesWhatTheDefinitionsGiveInDoublePrecisionForEveryActivation) {
  for (const activation::Entry& entry : activation::table()) {
    if (entry.kind == activation::Kind::parametric) continue;
    SCOPED_TRACE(entry.info.name);
    const Activation f(entry);
    const Sandwich s(f, 5, 34, 2);
    const std::vector<float> row = random_rows(5, 9);
    const std::vector<double> expected =
        linear(*s.last, activated(f, linear(*s.first, std::vector<double>(row.begin(), row.end()))));
    expect_equal(predict(Predictor(s.net), row), {expected.begin(), expected.end()});
  }
}

TEST(Predictor, TakesActivationsAloneAndAtTheEnds) {
  for (const activation::Entry& entry : activation::table()) {
    if (entry.kind == activation::Kind::parametric) continue;
    SCOPED_TRACE(entry.info.name);
    nn::Sequential net;
    for (int i = 0; i < 2; ++i)
      if (entry.kind == activation::Kind::elementwise)
        net.push_back(std::make_shared<nn::Activate>(Activation(entry)));
      else
        net.push_back(std::make_shared<nn::ActivateAlong>(Activation(entry)));
    net.eval();
    const std::vector<float> rows = random_rows(20 * 3);
    expect_equal(predict(Predictor(net, 20), rows), forward(net, rows, 20));
  }
}

TEST(Predictor, FoldsNormalisationAndDropsDropout) {
  const std::shared_ptr<nn::Module> layers[] = {
      std::make_shared<nn::Sequential>(nn::BatchNorm1d(9), nn::Linear(9, 20), nn::BatchNorm1d(20), nn::ReLU(),
                                       nn::Dropout(0.5), nn::BatchNorm1d(20), nn::Linear(20, 4), nn::BatchNorm1d(4)),
      std::make_shared<nn::Sequential>(nn::Flatten(), nn::LayerNorm(9), nn::Linear(9, 12), nn::GroupNorm(3, 12),
                                       nn::PReLU(), nn::LayerNorm(12, {.affine = false}), nn::BatchNorm1d(12)),
      std::make_shared<nn::Sequential>(nn::Dropout(), nn::Linear(9, 12, {.bias = false}), nn::Identity(),
                                       nn::PReLU(12)),
  };
  for (const auto& net : layers) {
    set_random(*net);
    const std::vector<float> rows = random_rows(9 * 19);
    expect_equal(predict(Predictor(*net), rows), forward(*net, rows, 9));
  }
  EXPECT_EQ(freeze(*layers[0]).layers.size(), 3U);
  EXPECT_EQ(freeze(*layers[2]).layers.size(), 2U);
}

TEST(Predictor, TakesDetoursInDetours) {
  nn::Sequential net(
      nn::Residual(nn::Linear(6, 6), nn::ReLU()), nn::Linear(6, 20),
      nn::Residual(nn::ReLU(), nn::Residual(nn::Tanh(), nn::Linear(20, 20)), nn::Linear(20, 20), nn::ReLU()),
      nn::Residual(nn::ReLU(), nn::Tanh()));
  set_random(net);
  const std::vector<float> rows = random_rows(6 * 11);
  expect_equal(predict(Predictor(net), rows), forward(net, rows, 6));
  nn::Sequential alone{nn::Residual(nn::ReLU(), nn::Tanh())};
  alone.eval();
  expect_equal(predict(Predictor(alone, 6), rows), forward(alone, rows, 6));
}

TEST(Predictor, KeepsTheBitsOfAScaleThatWouldCancelThem) {
  nn::Sequential net(nn::BatchNorm1d(3), nn::Linear(3, 2));
  set_random(net);
  auto& norm = dynamic_cast<nn::BatchNorm1d&>(net[0]);
  norm.running_mean.fill_(1e4);
  const std::vector<float> rows = {10000.5f, 9999.25f, 10001.125f};
  expect_equal(predict(Predictor(net), rows), forward(net, rows, 3));
  EXPECT_EQ(freeze(net).layers.size(), 2U);
}

TEST(Predictor, GivesARowTheSameBitsAtAnyPlaceOfAnyBatchAndWithAnyThreads) {
  on_every_level([](kernels::Level) {
    for (const auto& net : {network({1, 3, 1}), network({7, 33, 17, 2}), network({20, 64, 65, 100}),
                            network({300, 130, 16, 5}), network({3, 1500, 40})}) {
      const Predictor predictor(*net);
      const std::int64_t inputs = predictor.inputs(), outputs = predictor.outputs(), rows = 75;
      const std::vector<float> x = random_rows(rows * inputs, 4);
      std::vector<float> one_by_one;
      for (std::int64_t r = 0; r < rows; ++r)
        for (const float y : predict(predictor, {x.begin() + r * inputs, x.begin() + (r + 1) * inputs}))
          one_by_one.push_back(y);
      for (const std::int64_t count : {2, 3, 5, 8, 13, 48, 75})
        EXPECT_EQ(predict(predictor, {x.begin(), x.begin() + count * inputs}),
                  std::vector<float>(one_by_one.begin(), one_by_one.begin() + count * outputs));
      for (const int threads : {2, 3, 8}) EXPECT_EQ(predict(predictor, x, threads), one_by_one);
    }
  });
}

TEST(Predictor, ServesManyThreadsAtOnce) {
  for (const auto& net : {network({16, 64, 64, 4}), network({4, 2000, 2000, 3}), network({2, 17000, 2})}) {
    const Predictor predictor(*net);
    const std::vector<float> x = random_rows(predictor.inputs() * 40), expected = predict(predictor, x);
    std::vector<int> differences(8);
    std::vector<std::thread> threads;
    for (int& different : differences)
      threads.emplace_back([&] {
        for (int i = 0; i < 5; ++i) different += predict(predictor, x) != expected;
      });
    for (std::thread& thread : threads) thread.join();
    EXPECT_THAT(differences, testing::Each(0));
  }
}

TEST(Predictor, TellsItsBytesBeforeItIsMade) {
  for (const auto& net : {network({10, 5, 1}), network({784, 512, 10}), network({2, 17000, 2})}) {
    const PredictorBytes before = Predictor::bytes(*net), made = Predictor(*net).bytes();
    EXPECT_EQ(before.plan, made.plan);
    EXPECT_EQ(before.call, made.call);
  }
  const io::Model model = model_of(houses(true));
  EXPECT_EQ(Predictor::bytes(model).plan, Predictor(model).bytes().plan);
}

/// A row as a Predictor takes it: texts by their places.
std::vector<float> row_of(const Predictor& predictor, const data::Table& table, std::int64_t row) {
  std::vector<float> values;
  for (const Predictor::ColumnInput& column : predictor.columns()) {
    const data::Column& from = *table.find(column.name);
    const auto place = std::ranges::find(column.categories, from.text(row));
    values.push_back(column.categories.empty() ? static_cast<float>(from.numbers[static_cast<std::size_t>(row)])
                                               : static_cast<float>(place - column.categories.begin()));
  }
  return values;
}

TEST(Predictor, SaysWhatTheModelSaysOfATable) {
  for (const bool classes : {true, false}) {
    const data::Table table = houses(classes);
    const io::Model model = model_of(table);
    const Predictor predictor(model);
    const io::Predictions expected = model.predict(table);
    EXPECT_EQ(predictor.labels(), model.labels);
    for (std::int64_t r = 0; r < table.rows(); ++r) {
      const std::vector<float> found = predict(predictor, row_of(predictor, table, r));
      if (!classes) {
        EXPECT_NEAR(found[0], expected[r].value(), 1e-6 * (std::abs(model.target_mean) + model.target_scale));
        continue;
      }
      const std::vector<double> p = expected[r].probabilities();
      expect_equal(found, {p.begin(), p.end()});
    }
  }
}

TEST(Predictor, SaysWhatTheModelSaysOfARowByItsNames) {
  const io::Model classes = model_of(houses(true)), numbers = model_of(houses(false));
  for (const char* place : {"north", "south", "nowhere"}) {
    const io::Row row = {{"place", place}, {"rooms", 4}};
    const Prediction kind = Predictor(classes).predict(row);
    EXPECT_EQ(kind.label(), classes.predict(row).label());
    EXPECT_NEAR(kind.probability(), classes.predict(row).probability(), 1e-6);
    const double price = numbers.predict(row).value();
    EXPECT_NEAR(Predictor(numbers).predict(row).value(), price, 1e-6 * numbers.target_scale);
  }
}

TEST(Predictor, ScalesArraysAndGivesTheNetworksOwnOutputsWhereAsked) {
  io::Model model = array_model(12, {"a", "b", "c"}, "linear(9) relu", 2);
  set_random(*model.network);
  for (const data::InputScale scale :
       {data::InputScale{0.01f, -0.4f}, data::InputScale{1, 0}, data::InputScale{1, -300}}) {
    model.scale = scale;
    std::vector<float> rows = random_rows(12 * 5, 8, 100);
    for (float& x : rows) x -= scale.shift / scale.scale;
    const Tensor outputs = model.predict(from_vector(rows, Shape{5, 12})).probabilities();
    expect_equal(predict(Predictor(model), rows), {outputs.span<float>().begin(), outputs.span<float>().end()}, 1e-5);
    std::vector<float> scaled = rows;
    for (float& x : scaled) x = x * scale.scale + scale.shift;
    expect_equal(predict(Predictor(model, {.raw = true}), rows), forward(*model.network, scaled, 12));
  }
}

TEST(Predictor, IsLoadedFromAFileAndFromItsBytes) {
  const io::TemporaryFolder folder;
  const io::Model model = model_of(houses(false));
  model.save(folder / "model.safetensors");
  std::ifstream file(folder / "model.safetensors", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::vector<float> row = {3, 1}, expected = predict(Predictor(model), row);
  EXPECT_EQ(predict(Predictor::load(folder / "model.safetensors"), row), expected);
  EXPECT_EQ(predict(Predictor::load(std::as_bytes(std::span(text))), row), expected);
  EXPECT_THAT(message_of<InputError>([&] { Predictor::load(std::as_bytes(std::span(text)).first(40)); }),
              testing::HasSubstr("the bytes: a header of"));
}

TEST(Predictor, StaysAsItWasMade) {
  const auto net = network({4, 8, 2});
  const Predictor predictor(*net);
  const std::vector<float> row = random_rows(4), before = predict(predictor, row);
  set_random(*net, 77);
  EXPECT_EQ(predict(predictor, row), before);
}

TEST(Predictor, SaysWhatItCannotTake) {
  const auto message = [](const nn::Module& net) { return message_of<InputError>([&] { Predictor{net}; }); };
  EXPECT_THAT(message(nn::Sequential(nn::Embedding(5, 3), nn::Linear(3, 2))),
              testing::HasSubstr("Embedding(5, 3) is no layer that is known here"));
  EXPECT_THAT(message(nn::Sequential(nn::ReLU(), nn::Dropout())), testing::HasSubstr("how many values a row has"));
  EXPECT_THAT(message(nn::Sequential(nn::Linear(3, 4), nn::Linear(5, 2))),
              testing::HasSubstr("a layer takes 5 values and gets 4"));
  EXPECT_THAT(message(nn::Sequential(nn::Linear(3, 4), nn::BatchNorm1d(4, {.track = false}))),
              testing::HasSubstr("without running averages"));
  EXPECT_THAT(message(nn::Sequential(nn::Linear(3, 4), nn::Softmax(0))), testing::HasSubstr("along a row"));
  nn::Linear damaged(2, 2);
  damaged.weight.detach().fill_(NAN);
  EXPECT_THAT(message(nn::Sequential(damaged)), testing::HasSubstr("NaN or infinite"));
  const Predictor predictor(*network({4, 2}));
  EXPECT_THROW(predict(predictor, {1, 2, 3}), ShapeError);
  EXPECT_THROW(predictor.predict(io::Row{{"rooms", 1}}), InputError);
  EXPECT_THAT(message_of<InputError>([] {
                Predictor(model_of(houses(true))).predict(io::Row{{"rooms", 1}});
              }),
              testing::HasSubstr("no column 'place'"));
}

}  // namespace
}  // namespace relume::infer
