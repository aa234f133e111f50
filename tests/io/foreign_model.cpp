// A network whose weights somebody else has saved.
#include "relume/io/foreign_model.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/autograd/grad_mode.h"
#include "relume/io/outputs.h"
#include "relume/io/safetensors.h"
#include "tests/io/temporary_folder.h"
#include "tests/reference/message_of.h"

namespace relume::io {
namespace {

using testing::HasSubstr;

/// As torch.nn.Sequential(Linear(2, 3), ReLU(), Linear(3, 3), ReLU(), Linear(3, 2)) is saved, its names out of order.
SafeTensors saved_by_others() {
  SafeTensors file;
  file.tensors = {{"10.weight", from_vector(std::vector<float>{1, 0, 0, 0, 1, 0}, Shape{2, 3})},
                  {"10.bias", from_vector(std::vector<float>{0.5F, 0})},
                  {"2.weight", from_vector(std::vector<float>{0, 1, 0, 1, 0, 0, 0, 0, 1}, Shape{3, 3})},
                  {"0.weight", from_vector(std::vector<float>{1, 0, 0, 2, -1, -1}, Shape{3, 2})}};
  return file;
}

TEST(ForeignModel, TakesItsMatricesInTheOrderOfTheirNumbers) {
  const TemporaryFolder folder;
  save_safetensors(folder / "theirs.safetensors", saved_by_others());
  const Model model = load_foreign_model(folder / "theirs.safetensors", "linear(3) relu linear(3) relu");
  EXPECT_EQ(model.features, 2);
  EXPECT_EQ(model.outputs, 2);
  NoGradGuard guard;
  // h = relu(x, 2y, −x − y) = (3, 8, 0); its first two places change; the last layer takes them and adds a half.
  EXPECT_THAT((*model.network)(from_vector(std::vector<float>{3, 4}, Shape{1, 2})).to_vector<double>(),
              testing::ElementsAre(8.5, 3));
}

TEST(ForeignModel, SaysWhichTensorDoesNotFitWhichLayer) {
  const TemporaryFolder folder;
  save_safetensors(folder / "theirs.safetensors", saved_by_others());
  const auto said = [&](const char* layers) {
    return message_of<InputError>([&] { load_foreign_model(folder / "theirs.safetensors", layers); });
  };
  EXPECT_THAT(said("linear(3) relu"), testing::AllOf(HasSubstr("3 matrices"), testing::Not(HasSubstr("--"))));
  EXPECT_THAT(said("linear(4) relu linear(3)"), HasSubstr("0.weight is [3, 2]"));
}

TEST(ForeignModel, SeesRowsAsTheyAre) {
  const TemporaryFolder folder;
  save_safetensors(folder / "theirs.safetensors", saved_by_others());
  Model model = load_foreign_model(folder / "theirs.safetensors", "linear(3) relu linear(3) relu");
  const Trial trial = make_foreign_trial(model, "builtin:moons", "last");
  EXPECT_EQ(model.task, data::Task::classification);
  EXPECT_EQ(model.labels.size(), 2u);
  EXPECT_EQ(trial.rows.size(), 2000u);
  EXPECT_EQ(outputs(*model.network, trial.dataset, trial.rows).shape(), (Shape{2000, 2}));
  EXPECT_THROW(make_foreign_trial(model, "builtin:friedman", "last"), InputError);
}

TEST(ForeignModel, FindsTheTargetWhereverItStandsAndLeavesRowsWithoutOut) {
  const TemporaryFolder folder;
  save_safetensors(folder / "theirs.safetensors", saved_by_others());
  Model model = load_foreign_model(folder / "theirs.safetensors", "linear(3) relu linear(3) relu");
  std::ofstream(folder / "rows.csv") << "a,kind,b\n1,yes,2.5\n3,no,4\n5,,6\n7,no,8\n";
  const Trial trial = make_foreign_trial(model, (folder / "rows.csv").string(), "kind");
  EXPECT_THAT(model.labels, testing::ElementsAre("no", "yes"));
  EXPECT_THAT(trial.rows, testing::ElementsAre(0, 1, 3));
  EXPECT_THAT(trial.dataset.features.to_vector<double>(), testing::ElementsAre(1, 2.5, 3, 4, 5, 6, 7, 8));
  const std::vector<double> targets = trial.dataset.targets.to_vector<double>();
  EXPECT_EQ((std::vector<double>{targets[0], targets[1], targets[3]}), (std::vector<double>{1, 0, 0}));
  std::ofstream(folder / "gap.csv") << "a,kind,b\n1,yes,2.5\n3,no,\n";
  EXPECT_THAT(message_of<InputError>([&] { make_foreign_trial(model, (folder / "gap.csv").string(), "kind"); }),
              HasSubstr("column 'b' is no number"));
}

}  // namespace
}  // namespace relume::io
