// Model files of every version of the format that there was, with rows and what was said of them when they were made.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "relume/base/atomic_file.h"
#include "relume/infer/predictor.h"
#include "relume/io/model.h"
#include "tests/io/temporary_folder.h"
#include "tests/reference/message_of.h"

namespace relume::io {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const fs::path folder = fs::path(RELUME_SOURCE_DIR) / "tests/golden";

/// version/name.json
std::vector<fs::path> golden() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

fs::path model_of(fs::path said) { return said.replace_extension(".safetensors"); }

class Golden : public testing::TestWithParam<fs::path> {};

TEST_P(Golden, IsReadAndSaysWhatItSaid) {
  const json said = json::parse(read_file(GetParam()));
  const Model model = Model::load(model_of(GetParam()));
  EXPECT_EQ(nn::to_string(model.layers), said["layers"]);
  EXPECT_EQ(data::name(model.task), said["task"]);
  const fs::path rows = GetParam().parent_path() / said["rows"].get<std::string>();
  const Predictions predictions = model.predict(rows.string());
  if (model.task == data::Task::regression) {
    const auto values = said["values"].get<std::vector<double>>();
    ASSERT_EQ(predictions.size(), std::ssize(values));
    for (std::size_t i = 0; i < values.size(); ++i)
      EXPECT_NEAR(predictions.values()[i], values[i], 1e-5 * model.target_scale) << "row " << i;
    return;
  }
  EXPECT_EQ(model.labels, said["labels"].get<std::vector<std::string>>());
  ASSERT_EQ(predictions.size(), std::ssize(said["probabilities"]));
  for (std::int64_t i = 0; i < predictions.size(); ++i)
    for (std::size_t c = 0; c < model.labels.size(); ++c)
      EXPECT_NEAR(predictions[i].probabilities()[c], said["probabilities"][static_cast<std::size_t>(i)][c], 1e-5)
          << "row " << i;
}

TEST_P(Golden, IsTheSameOnceItWasSavedAgain) {
  const TemporaryFolder place;
  const Model model = Model::load(model_of(GetParam()));
  model.save(place / "again.safetensors");
  const fs::path rows = GetParam().parent_path() / json::parse(read_file(GetParam()))["rows"].get<std::string>();
  EXPECT_EQ(Model::load(place / "again.safetensors").predict(rows.string()).csv(), model.predict(rows.string()).csv());
}

INSTANTIATE_TEST_SUITE_P(Files, Golden, testing::ValuesIn(golden()), [](const auto& one) {
  return "Version" + one.param.parent_path().filename().string() + "_" + one.param.stem().string();
});

TEST(GoldenFiles, HasAModelOfEachKind) { EXPECT_GE(golden().size(), 4U); }

TEST(GoldenFiles, ANewerVersionIsRefusedInOneLine) {
  const TemporaryFolder place;
  std::string file = read_file(model_of(golden().front()));
  const std::string version = "\\\"version\\\":1", newer = "\\\"version\\\":7";
  const std::size_t at = file.find(version);
  ASSERT_NE(at, std::string::npos);
  file.replace(at, version.size(), newer);
  write_file(place / "newer.safetensors", file);
  const std::string said = message_of<InputError>([&] { Model::load(place / "newer.safetensors"); });
  EXPECT_THAT(said, testing::AllOf(testing::HasSubstr("newer.safetensors: it is of version 7"),
                                   testing::HasSubstr("get a newer"), testing::Not(testing::HasSubstr("\n"))));
}

}  // namespace
}  // namespace relume::io
