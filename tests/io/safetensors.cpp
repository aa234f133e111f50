#include "relume/io/safetensors.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck/gtest.h>

#include "relume/base/atomic_file.h"
#include "temporary_folder.h"

namespace relume::io {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string little_endian(std::uint64_t number) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(number >> (8 * i)));
  return bytes;
}

std::string file_of(const std::string& header, const std::string& data) {
  return little_endian(header.size()) + header + data;
}

SafeTensors parse(const std::string& bytes) {
  return parse_safetensors(std::as_bytes(std::span(bytes)), "some/file.safetensors");
}

std::string error_of(const std::string& bytes) {
  try {
    parse(bytes);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(SafeTensors, ReadsEveryDTypeFromTheReferenceImplementation) {
  const SafeTensors content =
      load_safetensors(std::filesystem::path(RELUME_SOURCE_DIR) / "tests/reference/dtypes.safetensors");
  EXPECT_EQ(content.tensors.size(), 12u);
  const std::pair<const char*, DType> numbers[] = {{"f64", float64},   {"f32", float32}, {"f16", float16},
                                                   {"bf16", bfloat16}, {"i64", int64},   {"i32", int32},
                                                   {"i16", int16},     {"i8", int8},     {"u8", uint8}};
  for (const auto& [name, dtype] : numbers) {
    const Tensor tensor = content.find(name);
    ASSERT_TRUE(tensor.defined()) << name;
    EXPECT_EQ(tensor.dtype(), dtype) << name;
    EXPECT_EQ(tensor.shape(), (Shape{2, 3})) << name;
    EXPECT_EQ(tensor.to_vector<double>(), (std::vector<double>{0, 1, 2, 3, 4, 5})) << name;
  }
  EXPECT_EQ(content.find("bool").dtype(), DType::bool_);
  EXPECT_EQ(content.find("bool").to_vector<double>(), (std::vector<double>{0, 1, 1, 1, 0, 1}));
  EXPECT_EQ(content.find("scalar").dimensions(), 0);
  EXPECT_EQ(content.find("scalar").item<float>(), -1.5f);
  EXPECT_EQ(content.find("empty").shape(), (Shape{0, 4}));
  EXPECT_EQ(content.metadata.at("text"), "ünï \"quoted\"\nline");
  EXPECT_FALSE(content.find("absent").defined());
}

TEST(SafeTensors, WritesTheBytesThatTheFormatDescribes) {
  const TemporaryFolder folder;
  save_safetensors(folder / "a", {{{"b", from_vector<std::uint8_t>({7})}, {"w", tensor({1.0, -2.0})}}, {{"k", "v"}}});
  const std::string bytes = read_file(folder / "a");
  const std::string header = bytes.substr(8, static_cast<unsigned char>(bytes[0]));
  EXPECT_EQ(bytes.substr(0, 8), little_endian(header.size()));
  EXPECT_EQ(header.size() % 8, 0u);
  EXPECT_EQ(nlohmann::json::parse(header), nlohmann::json::parse(R"({"__metadata__": {"k": "v"},
      "b": {"dtype": "U8", "shape": [1], "data_offsets": [8, 9]},
      "w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}})"));
  EXPECT_EQ(bytes.substr(8 + header.size()), std::string("\0\0\x80\x3f\0\0\0\xc0\x07", 9));
}

RC_GTEST_PROP(SafeTensors, GivesBackWhatItSaved,
              (const std::vector<std::pair<std::string, std::vector<double>>>& given)) {
  const TemporaryFolder folder;
  SafeTensors content;
  const DType dtypes[] = {float64, float32, float16, bfloat16, int64, int32, int16, int8, uint8, bool_};
  for (std::size_t i = 0; i < given.size(); ++i)
    content.tensors.emplace_back(std::to_string(i), from_vector(given[i].second).to(dtypes[i % 10]));
  content.metadata["count"] = std::to_string(given.size());
  save_safetensors(folder / "a", content);
  const SafeTensors read = load_safetensors(folder / "a");
  RC_ASSERT(read.metadata == content.metadata);
  RC_ASSERT(read.tensors.size() == content.tensors.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    const Tensor &before = content.tensors[i].second, &after = read.tensors[i].second;
    RC_ASSERT(read.tensors[i].first == content.tensors[i].first);
    RC_ASSERT(after.dtype() == before.dtype());
    RC_ASSERT(after.shape() == before.shape());
    RC_ASSERT(std::string_view(static_cast<const char*>(after.raw_data()), after.bytes()) ==
              std::string_view(static_cast<const char*>(before.raw_data()), before.bytes()));
  }
}

TEST(SafeTensors, StoresAViewRowByRow) {
  const TemporaryFolder folder;
  save_safetensors(folder / "a", {{{"t", tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}).t()}}, {}});
  EXPECT_EQ(load_safetensors(folder / "a").find("t").to_vector<float>(), (std::vector<float>{1, 4, 2, 5, 3, 6}));
}

struct Damage {
  const char* name;
  std::string bytes;
  const char* says;
};

class DamagedSafeTensors : public testing::TestWithParam<Damage> {};

TEST_P(DamagedSafeTensors, IsAnErrorOfOneLineThatNamesFileAndFault) {
  EXPECT_THAT(error_of(GetParam().bytes),
              AllOf(HasSubstr("some/file.safetensors"), HasSubstr(GetParam().says), Not(HasSubstr("\n"))));
}

std::string one(const std::string& entry, std::size_t data_bytes = 4) {
  return file_of("{\"w\":" + entry + "}", std::string(data_bytes, '\0'));
}

std::string repeated(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

const Damage damages[] = {
    {"Empty", "", "too few"},
    {"ShorterThanItsLength", "\x08", "too few"},
    {"HugeHeader", little_endian(~0ull) + "{}", "header of 18446744073709551615 bytes"},
    {"HeaderBeyondTheEnd", little_endian(3) + "{}", "header of 3 bytes"},
    {"NoJson", file_of("hello", ""), "not JSON"},
    {"NoHeader", file_of("", ""), "not JSON"},
    {"TextAfterTheJson", file_of("{} {}", ""), "not JSON"},
    {"NoUtf8", file_of("{\"\xff\":{}}", ""), "not JSON"},
    {"RootIsAnArray", file_of("[]", ""), "object belongs"},
    {"EntryIsANumber", one("1"), "object belongs"},
    {"BombOfArrays", one(repeated("[", 1'000'000)), "object belongs"},
    {"BombOfObjects", one(repeated("{\"a\":", 1'000'000)), "does not belong"},
    {"BombInAShape", one("{\"shape\":" + repeated("[", 1'000'000)), "does not belong"},
    {"CutShort", one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})", 3), "3 are there"},
    {"BytesLeftOver", one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})", 5), "5 are there"},
    {"Hole", one(R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})", 8), "begins at byte 4"},
    {"Overlap",
     file_of(
         R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
         "abc"),
     "begins at byte 1"},
    {"BackwardOffsets", one(R"({"dtype":"F32","shape":[1],"data_offsets":[4,0]})"), "ends at 0"},
    {"OffsetsBeyondTheEnd", one(R"({"dtype":"F32","shape":[250000000000],"data_offsets":[0,1000000000000]})"),
     "speaks of 1000000000000 bytes"},
    {"ShapeThatDoesNotFit", one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})"), "do not make [2] of float32"},
    {"ShapeThatOverflows", one(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]})"),
     "do not make"},
    {"OverflowHiddenByAZero",
     one(R"({"dtype":"U8","shape":[0,4294967296,4294967296,4294967296],"data_offsets":[0,0]})", 0), "do not make"},
    {"SizeBeyondInt64", one(R"({"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,4]})"), "of size"},
    {"NineDimensions", one(R"({"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]})"), "more than 8"},
    {"NegativeSize", one(R"({"dtype":"F32","shape":[-1],"data_offsets":[0,4]})"), "a negative number"},
    {"FractionInTheOffsets", one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4.0]})"), "a fraction"},
    {"ThreeOffsets", one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4,8]})"), "a number"},
    {"OneOffset", one(R"({"dtype":"F32","shape":[1],"data_offsets":[0]})"), "lacks"},
    {"NoShape", one(R"({"dtype":"F32","data_offsets":[0,4]})"), "lacks"},
    {"ForeignDType", one(R"({"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]})"), "F8_E4M3"},
    {"NullDType", one(R"({"dtype":null,"shape":[4],"data_offsets":[0,4]})"), "null"},
    {"MetadataThatIsNoText", file_of(R"({"__metadata__":{"a":1}})", ""), "a number"},
    {"TensorGivenTwice",
     file_of(
         R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})",
         ""),
     "twice"},
    {"MetadataGivenTwice", file_of(R"({"__metadata__":{"a":"1","a":"2"}})", ""), "twice"},
    {"BoolThatIsNeither", one(R"({"dtype":"BOOL","shape":[1],"data_offsets":[0,1]})", 0) + "\x02", "0 and 1"},
    {"NameOfManyLines", file_of("{\"a\\nb\":{}}", ""), "lacks"},
};

INSTANTIATE_TEST_SUITE_P(Cases, DamagedSafeTensors, testing::ValuesIn(damages),
                         [](const auto& damage) { return std::string(damage.param.name); });

TEST(SafeTensors, RejectsEveryProperBeginningOfAFile) {
  const std::string whole = read_file(std::filesystem::path(RELUME_SOURCE_DIR) / "tests/reference/dtypes.safetensors");
  ASSERT_EQ(error_of(whole), "");
  for (std::size_t length = 0; length < whole.size(); ++length)
    ASSERT_NE(error_of(whole.substr(0, length)), "") << length;
}

TEST(SafeTensors, NamesAFileThatIsNotThere) {
  const TemporaryFolder folder;
  try {
    load_safetensors(folder / "absent.safetensors");
    FAIL() << "nothing was thrown";
  } catch (const FileError& error) {
    EXPECT_THAT(error.what(), HasSubstr("absent.safetensors"));
  }
}

TEST(SafeTensors, RefusesToSaveWhatCannotBeReadAgain) {
  const TemporaryFolder folder;
  const Tensor t = tensor({1.0});
  const SafeTensors bad[] = {{{{"a", t}, {"a", t}}, {}},
                             {{{"a", Tensor()}}, {}},
                             {{{"__metadata__", t}}, {}},
                             {{{"\xff", t}}, {}},
                             {{}, {{"a", "\xff"}}}};
  for (const SafeTensors& content : bad) EXPECT_THROW(save_safetensors(folder / "a", content), ValueError);
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
}

}  // namespace
}  // namespace relume::io
