// That librelume_infer gives what librelume gives. Both have the same names, so it runs in a program of its own.
#include <algorithm>
#include <bit>
#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/atomic_file.h"
#include "tests/infer/networks.h"
#include "tests/io/temporary_folder.h"
#include "tests/reference/message_of.h"

namespace relume::infer {
namespace {

/// What the program leaves: its status, results, and what it says.
struct Result {
  int status = 0;
  std::vector<float> out;
  std::string said;
};

class Alone : public testing::Test {
 protected:
  Result run(const std::filesystem::path& model, const std::vector<float>& rows) {
    write_file(folder / "rows", {reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(float)});
    const auto at = [&](const char* name) { return (folder / name).string(); };
    const std::string command = std::string(RELUME_PREDICT_ALONE) + " " + model.string() + " <" + at("rows") + " >" +
                                at("out") + " 2>" + at("said");
    Result result{WEXITSTATUS(std::system(command.c_str())), {}, read_file(folder / "said")};
    const std::string bytes = read_file(folder / "out");
    result.out.resize(bytes.size() / sizeof(float));
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(result.out.data()));
    return result;
  }

  /// Bit for bit, for the model in memory and for its file.
  void expect_same(const io::Model& model, const std::vector<float>& rows) {
    model.save(folder / "model");
    const std::vector<float> expected = predict(Predictor(model), rows);
    EXPECT_TRUE(same_bits(predict(Predictor::load(folder / "model"), rows), expected));
    const Result alone = run(folder / "model", rows);
    EXPECT_EQ(alone.status, 0) << alone.said;
    EXPECT_TRUE(same_bits(alone.out, expected));
  }

  static bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
    const auto bits = [](float x) { return std::bit_cast<std::uint32_t>(x); };
    return std::ranges::equal(a, b, {}, bits, bits);
  }

  io::TemporaryFolder folder;
};

TEST_F(Alone, GivesTheSameBitsForEveryActivation) {
  std::string layers = "linear(18)";
  for (const activation::Entry& entry : activation::table())
    if (entry.kind != activation::Kind::rows) layers += " " + std::string(entry.info.name) + " linear(18)";
  io::Model model = array_model(7, {"a", "b", "c"}, layers, 1);
  set_random(*model.network);
  expect_same(model, random_rows(7 * 19));
}

TEST_F(Alone, GivesTheSameBitsForEveryLayer) {
  io::Model model = array_model(
      12, {"a", "b"},
      "batchnorm flatten linear(24) batchnorm(0.001) leaky_relu(0.3) dropout(0.2) layernorm linear(16) groupnorm(4) "
      "prelu(0.1) crelu linear(10) layernorm(0.01) glu threshold(0.5,-3)",
      2);
  model.scale = {0.02f, -60};
  set_random(*model.network);
  expect_same(model, random_rows(12 * 70, 2, 200));
}

TEST_F(Alone, GivesTheSameBitsForTables) {
  const std::vector<float> rows = {3, 0, NAN, 1, 7.5f, 2, -40, 9, 0, -1, 1e9f, NAN};
  expect_same(model_of(houses(true)), rows);
  expect_same(model_of(houses(false), "linear(8) elu"), rows);
  expect_same(model_of(many_kinds(false)), rows);
  expect_same(model_of(many_kinds(true)), {1, 0, 1000, 3, 1e6f, 2, NAN, 1, 0, 7});
}

TEST_F(Alone, GivesTheSameBitsForALargeNetwork) {
  io::Model model = array_model(30, {"a", "b"}, "linear(9000) relu linear(20) tanh", 3);
  expect_same(model, random_rows(30 * 3));
}

TEST_F(Alone, ReadsWeightsOfAnyType) {
  const io::Model model = array_model(5, {"a", "b"}, "linear(6) relu", 4);
  for (const DType dtype : {float64, float16, bfloat16}) {
    const io::Model other = model.clone();
    other.network->to(dtype);
    other.save(folder / "model");
    const std::vector<float> rows = random_rows(5 * 4);
    const std::vector<float> expected = predict(Predictor(io::Model::load(folder / "model")), rows);
    EXPECT_TRUE(same_bits(predict(Predictor::load(folder / "model"), rows), expected)) << name(dtype);
    EXPECT_TRUE(same_bits(run(folder / "model", rows).out, expected)) << name(dtype);
  }
}

TEST_F(Alone, SaysWhatIsWrongInTheSameWords) {
  const io::Model model = array_model(5, {"a", "b"}, "linear(6) relu", 4);
  model.save(folder / "model");
  const std::string whole = read_file(folder / "model");
  const auto replaced = [&](const std::string& old, const std::string& changed) {
    std::string text = whole;
    text.replace(text.find(old), old.size(), changed);
    return text;
  };
  const std::vector<std::pair<std::string, const char*>> damaged = {
      {whole.substr(0, 40), "header"},
      {whole.substr(0, whole.size() - 3), "data"},
      {replaced("linear(6) relu", "linear(6) rule"), "did you mean"},
      {replaced("linear(6) relu", "linear(7) relu"), "\"0.weight\" is [6, 5] but the network's is [7, 5]"},
      {replaced("linear(6) relu", "linear(6) glu "), "\"2.weight\" is [2, 6] but the network's is [2, 3]"},
      {replaced("0.weight", "9.weight"), "\"0.weight\" [6, 5] is missing"},
      {replaced("\\\"version\\\":1", "\\\"version\\\":2"), "newer"},
      {replaced("classification", "classificatiom"), "classificatiom"},
  };
  for (const auto& [bytes, expected] : damaged) {
    write_file(folder / "model", bytes);
    const std::string said = message_of<InputError>([&] { Predictor::load(folder / "model"); });
    EXPECT_THAT(said, testing::HasSubstr(expected));
    const Result alone = run(folder / "model", {});
    EXPECT_EQ(alone.status, 2);
    EXPECT_EQ(alone.said, said + "\n");
    EXPECT_THROW(io::Model::load(folder / "model"), InputError) << expected;
  }
  EXPECT_EQ(run(folder / "none", {}).said, message_of<FileError>([&] { Predictor::load(folder / "none"); }) + "\n");
}

}  // namespace
}  // namespace relume::infer
