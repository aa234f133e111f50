#include "relume/train/predict.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/nn/linear.h"
#include "tests/data/temporary_file.h"

namespace relume::training {
namespace {

/// output = x, for one feature.
io::Model passes_through(data::Task task, std::int64_t outputs = 1) {
  io::Model model;
  model.task = task;
  model.features = 1;
  model.outputs = outputs;
  Rng rng(0);
  model.build(rng);
  for (const auto& [name, tensor] : model.network->state()) tensor.detach().fill_(name.ends_with("weight") ? 1 : 0);
  return model;
}

TEST(Predict, TellsValuesApartThatAreOneInFloat32) {
  io::Model model = passes_through(data::Task::regression);
  model.target_mean = 1.7e9;
  model.target_scale = 173.5;
  const Predictions p = predict(model, from_vector(std::vector<float>{-1, 0, 0.25, 1}, Shape{4, 1}));
  EXPECT_THAT(p.values, testing::ElementsAre(1.7e9 - 173.5, 1.7e9, 1.7e9 + 43.375, 1.7e9 + 173.5));
  EXPECT_EQ(to_text(p.values[2], model), "1700000043.375");
}

TEST(Predict, RefusesAnOutputThatIsNoNumberByItsRow) {
  const io::Model model = passes_through(data::Task::classification, 2);
  const Tensor x = from_vector(std::vector<float>{0, 1, NAN}, Shape{3, 1});
  EXPECT_THAT(data::message_of<Error>([&] { predict(model, x, 4096); }), testing::HasSubstr("row 4099"));
}

TEST(Predict, GivesClassesAndProbabilities) {
  io::Model model = passes_through(data::Task::classification, 2);
  model.network->state()[0].second.detach().slice(0, 0, 1).fill_(-1);
  const Predictions p = predict(model, from_vector(std::vector<float>{-1, 2}, Shape{2, 1}));
  EXPECT_THAT(p.classes, testing::ElementsAre(0, 1));
  EXPECT_NEAR(p.probabilities.to_vector<double>()[3], 1 / (1 + std::exp(-4.0)), 1e-6);
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
}  // namespace relume::training
