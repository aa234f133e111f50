#include "relume/data/npy.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "npy_text.h"
#include "relume/base/atomic_file.h"
#include "relume/base/error.h"
#include "relume/base/rng.h"
#include "relume/data/open.h"
#include "temporary_file.h"

namespace relume::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Case {
  const char* file;
  DType dtype;
  bool is_signed;
};

class NpyTypes : public ::testing::TestWithParam<Case> {};

TEST_P(NpyTypes, AreReadAsNumpyWroteThem) {
  const Tensor array = read_npy(reference(GetParam().file));
  EXPECT_EQ(array.dtype(), GetParam().dtype);
  EXPECT_EQ(array.shape(), (Shape{2, 3}));
  if (GetParam().dtype == bool_) {
    EXPECT_THAT(array.to_vector<std::int64_t>(), ElementsAre(0, 1, 1, 1, 1, 1));
  } else if (GetParam().is_signed) {
    EXPECT_THAT(array.to(float32).to_vector<float>(), ElementsAre(-1, 0, 1, 2, 3, 4));
  } else {
    EXPECT_THAT(array.to_vector<std::int64_t>(), ElementsAre(0, 1, 2, 3, 4, 5));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Reference, NpyTypes,
    ::testing::Values(Case{"f2.npy", float16, true}, Case{"f4.npy", float32, true}, Case{"f8.npy", float64, true},
                      Case{"i1.npy", int8, true}, Case{"i2.npy", int16, true}, Case{"i4.npy", int32, true},
                      Case{"i8.npy", int64, true}, Case{"u1.npy", uint8, false}, Case{"u2.npy", int32, false},
                      Case{"u4.npy", int64, false}, Case{"u8.npy", int64, false}, Case{"b1.npy", bool_, false},
                      Case{"f8_big_endian.npy", float64, true}, Case{"u2_big_endian.npy", int32, false},
                      Case{"f4_fortran.npy", float32, true}, Case{"version2.npy", float32, true},
                      Case{"version3.npy", float32, true}),
    [](const auto& tested) {
      const std::string file = tested.param.file;
      return file.substr(0, file.find('.'));
    });

TEST(Npy, ReadsFortranOrderInThreeDimensionsAndScalars) {
  const std::vector<std::int64_t> values = read_npy(reference("i2_fortran_3d.npy")).to_vector<std::int64_t>();
  ASSERT_EQ(values.size(), 24u);
  for (int i = 0; i < 24; ++i) EXPECT_EQ(values[static_cast<std::size_t>(i)], i);
  const Tensor scalar = read_npy(reference("scalar.npy"));
  EXPECT_EQ(scalar.dimensions(), 0);
  EXPECT_EQ(scalar.item<double>(), 2.5);
}

TEST(Npy, WritesTheBytesThatNumpyWrites) {
  for (const char* name : {"f4.npy", "f8.npy", "i8.npy", "u1.npy", "b1.npy", "scalar.npy", "f2.npy"}) {
    const TemporaryFile file("x.npy", "");
    write_npy(file.path(), read_npy(reference(name)));
    const std::string ours = read_file(file.path()), theirs = read_file(reference(name));
    // NumPy leaves room for the shape to grow, so that its header may be longer: what it says and the data are
    // compared.
    const auto head = [](const std::string& text) { return text.substr(10, text.find('}') - 10); };
    EXPECT_EQ(head(ours), head(theirs)) << name;
    EXPECT_EQ(ours.substr(ours.find('\n')), theirs.substr(theirs.find('\n'))) << name;
    EXPECT_EQ((ours.find('\n') + 1) % 64, 0u);
  }
}

TEST(Npy, WritesVectorsAsTuplesOfOne) {
  const TemporaryFile file("x.npy", "");
  write_npy(file.path(), from_vector(std::vector<float>{1, 2}));
  EXPECT_THAT(read_file(file.path()), HasSubstr("'shape': (2,)"));
  EXPECT_EQ(read_npy(file.path()).shape(), (Shape{2}));
}

TEST(Npy, RefusesWhatItCannotReadWithTheFilesName) {
  EXPECT_THAT(message_of<InputError>([] { read_npy(reference("text.npy")); }),
              HasSubstr("text.npy: elements are text"));
  const std::string whole = read_file(reference("f4.npy"));
  const auto message = [](const std::string& text) {
    const TemporaryFile file("x.npy", text);
    return message_of<InputError>([&] { read_npy(file.path()); });
  };
  EXPECT_THAT(message("hello, world"), HasSubstr("magic"));
  EXPECT_THAT(message(whole.substr(0, 60)), HasSubstr("inside of the header"));
  EXPECT_THAT(message(whole.substr(0, whole.size() - 1)), HasSubstr("[2, 3] elements of 4 bytes but 23 bytes follow"));
  std::string lying = whole;
  lying.replace(lying.find("(2, 3)"), 27, "(99999999999, 99999999999),");
  EXPECT_THAT(message(lying), HasSubstr("bytes follow"));
}

TEST(Npy, SurvivesChangedBytes) {
  const std::string whole = read_file(reference("f4_fortran.npy"));
  Rng rng(5);
  for (int round = 0; round < 500; ++round) {
    std::string text = whole;
    for (std::uint64_t i = 0, n = 1 + rng.below(3); i < n; ++i)
      text[rng.below(text.size())] = static_cast<char>(rng.below(128));
    const TemporaryFile file("x.npy", text);
    try {
      read_npy(file.path());
    } catch (const Error&) {
    }
  }
}

TEST(Npz, ReadsStoredAndDeflatedArrays) {
  auto stored = read_npz(reference("stored.npz"));
  ASSERT_EQ(stored.size(), 2u);
  EXPECT_THAT(stored["x"].to_vector<float>(), ElementsAre(-1, 0, 1, 2, 3, 4));
  EXPECT_THAT(stored["y"].to_vector<std::int64_t>(), ElementsAre(1, 0));
  auto deflated = read_npz(reference("deflated.npz"));
  ASSERT_EQ(deflated.size(), 4u);
  EXPECT_EQ(deflated["x_train"].shape(), (Shape{4, 2, 2}));
  EXPECT_THAT(deflated["x_test"].to_vector<std::int64_t>(), ElementsAre(2, 3, 4, 5));
}

TEST(Npz, RefusesDamageWithTheFilesName) {
  const std::string whole = read_file(reference("deflated.npz"));
  const auto message = [](const std::string& text) {
    const TemporaryFile file("x.npz", text);
    return message_of<InputError>([&] { read_npz(file.path()); });
  };
  EXPECT_THAT(message("PK"), HasSubstr("too short"));
  EXPECT_THAT(message(whole.substr(0, whole.size() - 30)), HasSubstr("directory is missing"));
  std::string flipped = whole;
  flipped[70] = static_cast<char>(flipped[70] ^ 0x55);
  EXPECT_THAT(message(flipped), HasSubstr("x_train.npy"));
}

TEST(Npz, RefusesEntriesThatShareBytes) {
  std::string file = npz({{"a", npy("<f4", "(2,)", bytes_of<float>({1, 2}))}, {"b", npy("<f4", "(1,)", little(0, 4))}});
  const std::size_t directory = file.find("PK\x01\x02"), second = file.find("PK\x01\x02", directory + 4);
  ASSERT_NE(second, std::string::npos);
  file.replace(second + 42, 4, little(0, 4));  // b lies where a does
  const TemporaryFile archive("x.npz", file);
  EXPECT_THAT(message_of<InputError>([&] { read_npz(archive.path()); }), HasSubstr("share bytes"));
}

TEST(Npz, RefusesFeaturesAloneInOneColumnBeforeTheyAreUnpacked) {
  // The elements are missing: whoever asks for them fails with other words.
  for (const char* shape : {"(1000000000,)", "(1000000000, 1)"}) {
    const TemporaryFile archive("x.npz", npz({{"x", npy("|u1", shape, "")}}));
    EXPECT_THAT(message_of<InputError>([&] { open_data(archive.path().string()); }), HasSubstr("nothing to learn"));
  }
}

TEST(Npz, SurvivesChangedBytes) {
  Rng rng(6);
  for (const char* name : {"stored.npz", "deflated.npz"}) {
    const std::string whole = read_file(reference(name));
    for (int round = 0; round < 500; ++round) {
      std::string text = whole;
      for (std::uint64_t i = 0, n = 1 + rng.below(3); i < n; ++i)
        text[rng.below(text.size())] = static_cast<char>(rng.below(256));
      const TemporaryFile file("x.npz", text);
      try {
        read_npz(file.path());
      } catch (const Error&) {
      }
    }
  }
}

}  // namespace
}  // namespace relume::data
