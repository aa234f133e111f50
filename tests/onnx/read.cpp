// Files that others have written (tests/reference/make_onnx.py), and such that are wrong.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/atomic_file.h"
#include "relume/io/safetensors.h"
#include "relume/onnx/onnx.h"
#include "tests/infer/networks.h"
#include "tests/io/temporary_folder.h"
#include "tests/reference/message_of.h"

namespace relume::onnx {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::filesystem::path stored(const std::string& name) {
  return std::filesystem::path(RELUME_SOURCE_DIR) / "tests/reference/onnx" / name;
}

std::vector<float> value(const std::string& name) {
  static const io::SafeTensors all = io::load_safetensors(stored("values.safetensors"));
  const Tensor tensor = all.find(name).contiguous();
  return {tensor.span<float>().begin(), tensor.span<float>().end()};
}

std::vector<float> answers(const Network& network, const std::vector<float>& rows) {
  return infer::predict(Predictor(*network.network, network.features), rows);
}

TEST(ReadOnnx, GivesWhatOnnxruntimeGives) {
  for (const std::string name :
       {"torch", "torch_dynamo", "two_classes", "three_classes", "keras", "outside", "residual"}) {
    SCOPED_TRACE(name);
    infer::expect_equal(answers(load_network(stored(name + ".onnx")), value(name + ".x")), value(name + ".y"), 5e-6);
  }
}

TEST(ReadOnnx, MakesModelsThatPredict) {
  const io::Model torch = load_model(stored("torch.onnx"));
  EXPECT_EQ(nn::to_string(torch.layers),
            "linear(8) gelu layernorm(1e-05) linear(8) groupnorm(2) silu linear(8) glu linear(4) hardswish");
  EXPECT_EQ(nn::to_string(load_model(stored("torch_dynamo.onnx")).layers), nn::to_string(torch.layers));
  EXPECT_THAT(torch.labels, ElementsAre("0", "1", "2"));
  for (const std::string name : {"two_classes", "three_classes", "keras"}) {
    SCOPED_TRACE(name);
    infer::expect_equal(infer::predict(Predictor(load_model(stored(name + ".onnx"))), value(name + ".x")),
                        value(name + ".y"), 5e-6);
  }
  EXPECT_THAT(load_model(stored("two_classes.onnx")).labels, ElementsAre("no", "yes"));
  EXPECT_THAT(load_model(stored("three_classes.onnx")).labels, ElementsAre("a", "b", "c"));
}

TEST(ReadOnnx, NamesWhatIsWrongInOneLine) {
  const std::pair<const char*, testing::Matcher<std::string>> cases[] = {
      {"bad_circle", HasSubstr("node 'first' (Add) takes 'b', which nothing before it makes")},
      {"bad_opset", HasSubstr("it is of opset 99, this relume reads 7 to")},
      {"bad_shape", HasSubstr("node 'last' (Gemm): its matrix takes 4 values, the rows have 5")},
      {"bad_nan", AllOf(HasSubstr("'last' (Gemm)"), HasSubstr("NaN"))},
      {"bad_operator", HasSubstr("node 'convolution' (Conv) is not supported")},
      {"bad_activation", HasSubstr("node 'wave' (Sin) is not supported")},
      {"bad_branch", HasSubstr("node 'join' (Mul) is not supported: it joins two branches")},
      {"bad_claim", HasSubstr("'w' does not hold the 1099511627776 values that it claims")},
      {"bad_input", HasSubstr("it takes 2 inputs")},
      {"bad_missing", HasSubstr("'gone.data', which is not there")},
      {"bad_outside", HasSubstr("'../make_onnx.py', outside of its folder")},
      {"bad_absolute", HasSubstr("'/etc/passwd', outside of its folder")}};
  for (const auto& [name, expected] : cases) {
    const std::string file = std::string(name) + ".onnx";
    const std::string message = message_of<InputError>([&] { load_model(stored(file)); });
    EXPECT_THAT(message, AllOf(HasSubstr(file + ": "), expected));
    EXPECT_EQ(message.find('\n'), std::string::npos);
  }
}

TEST(ReadOnnx, HasNoWordForADetourInAModel) {
  EXPECT_THAT(message_of<InputError>([] { load_model(stored("residual.onnx")); }), HasSubstr("residual detours"));
}

TEST(ReadOnnx, TakesNoDamagedFile) {
  const io::TemporaryFolder folder;
  const std::filesystem::path path = folder / "cut.onnx";
  const std::string whole = read_file(stored("two_classes.onnx"));
  std::size_t refused = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::ofstream(path, std::ios::binary) << whole.substr(0, size);
    try {
      load_model(path);
    } catch (const InputError&) {
      ++refused;
    }
  }
  EXPECT_EQ(refused, whole.size());
  EXPECT_THROW(load_model(folder / "none.onnx"), FileError);
  for (std::size_t at = 0; at < whole.size(); at += 3) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x41);
    std::ofstream(path, std::ios::binary) << damaged;
    try {
      load_model(path);
    } catch (const InputError&) {
    }
  }
}

TEST(ReadOnnx, KnowsItsFilesByName) {
  EXPECT_TRUE(is_onnx("a/net.onnx"));
  EXPECT_FALSE(is_onnx("net.safetensors"));
}

}  // namespace
}  // namespace relume::onnx
