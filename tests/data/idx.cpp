#include "relume/data/idx.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/error.h"
#include "relume/base/rng.h"
#include "temporary_file.h"

namespace relume::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

const std::string small = bytes({0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255});

TEST(Idx, ReadsBytesPlainAndGzip) {
  for (const std::string& text : {small, gzip(small)}) {
    const TemporaryFile file("x", text);
    const Tensor array = read_idx(file.path());
    EXPECT_EQ(array.shape(), (Shape{2, 3}));
    EXPECT_EQ(array.dtype(), uint8);
    EXPECT_THAT(array.to_vector<std::int64_t>(), ElementsAre(1, 2, 3, 4, 5, 255));
  }
}

TEST(Idx, ReadsTheOtherTypesInBigEndianOrder) {
  const TemporaryFile shorts("x", bytes({0, 0, 0x0b, 1, 0, 0, 0, 2, 1, 2, 0xff, 0xfe}));
  EXPECT_THAT(read_idx(shorts.path()).to_vector<std::int64_t>(), ElementsAre(258, -2));
  const TemporaryFile ints("x", bytes({0, 0, 0x0c, 1, 0, 0, 0, 1, 0, 1, 0, 2}));
  EXPECT_THAT(read_idx(ints.path()).to_vector<std::int64_t>(), ElementsAre(65538));
  const TemporaryFile floats("x", bytes({0, 0, 0x0d, 1, 0, 0, 0, 1, 0x3f, 0xc0, 0, 0}));
  EXPECT_THAT(read_idx(floats.path()).to_vector<float>(), ElementsAre(1.5f));
  const TemporaryFile doubles("x", bytes({0, 0, 0x0e, 1, 0, 0, 0, 1, 0xc0, 4, 0, 0, 0, 0, 0, 0}));
  EXPECT_THAT(read_idx(doubles.path()).to_vector<double>(), ElementsAre(-2.5));
  const TemporaryFile chars("x", bytes({0, 0, 9, 1, 0, 0, 0, 1, 0x80}));
  EXPECT_THAT(read_idx(chars.path()).to_vector<std::int64_t>(), ElementsAre(-128));
}

TEST(Idx, RefusesDamagedFilesWithTheirName) {
  const auto message = [](const std::string& text) {
    const TemporaryFile file("broken-idx", text);
    std::string result = message_of<InputError>([&] { read_idx(file.path()); });
    EXPECT_THAT(result, HasSubstr("broken-idx"));
    return result;
  };
  EXPECT_THAT(message(""), HasSubstr("two zero bytes"));
  EXPECT_THAT(message("PNG!"), HasSubstr("two zero bytes"));
  EXPECT_THAT(message(bytes({0, 0, 7, 1, 0, 0, 0, 0})), HasSubstr("0x07"));
  EXPECT_THAT(message(bytes({0, 0, 8, 0, 1})), HasSubstr("0 dimensions"));
  EXPECT_THAT(message(bytes({0, 0, 8, 9})), HasSubstr("9 dimensions"));
  EXPECT_THAT(message(bytes({0, 0, 8, 3, 0, 0})), HasSubstr("header"));
  EXPECT_THAT(message(small.substr(0, small.size() - 1)), HasSubstr("[2, 3] of uint8 but 5 bytes"));
  EXPECT_THAT(message(small + "x"), HasSubstr("but 7 bytes"));
  const std::string boastful = bytes({0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1});
  EXPECT_THAT(message(boastful), HasSubstr("but 1 bytes"));
  EXPECT_THAT(message(gzip(boastful)), HasSubstr("but 1 bytes"));
  EXPECT_THAT(message(gzip(small + "xy")), HasSubstr("but 8 bytes"));
  EXPECT_THAT(message(bytes({0, 0, 8, 2, 0, 0, 0, 0, 255, 255, 255, 255})), HasSubstr("empty"));
  const std::string packed = gzip(small);
  EXPECT_THAT(message(packed.substr(0, packed.size() - 3)), HasSubstr("ends too early"));
}

TEST(Idx, SurvivesAnyBytes) {
  Rng rng(3);
  for (int round = 0; round < 500; ++round) {
    std::string text = small;
    for (std::uint64_t i = 0, n = 1 + rng.below(4); i < n; ++i)
      text[rng.below(text.size())] = static_cast<char>(rng.below(256));
    const TemporaryFile file("x", text);
    try {
      EXPECT_LE(read_idx(file.path()).bytes(), text.size());
    } catch (const InputError&) {
    }
  }
}

TEST(Idx, ReadsAFolderInEverySpellingWithOrWithoutTheTestPair) {
  const std::string images = bytes({0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 7, 9}),
                    labels = bytes({0, 0, 8, 1, 0, 0, 0, 2, 1, 0});
  const TemporaryFile first("train-images.idx3-ubyte", images);
  EXPECT_TRUE(is_idx_folder(first.folder()));
  EXPECT_THAT(message_of<InputError>([&] { read_idx_folder(first.folder()); }), HasSubstr("no train-labels"));
  std::ofstream(first.folder() / "train-labels-idx1-ubyte.gz", std::ios::binary) << gzip(labels);
  const IdxFolder folder = read_idx_folder(first.folder());
  EXPECT_THAT(folder.train.images.to_vector<std::int64_t>(), ElementsAre(7, 9));
  EXPECT_THAT(folder.train.labels.to_vector<std::int64_t>(), ElementsAre(1, 0));
  EXPECT_FALSE(folder.test);
  std::ofstream(first.folder() / "t10k-images-idx3-ubyte", std::ios::binary) << images;
  std::ofstream(first.folder() / "t10k-labels-idx1-ubyte", std::ios::binary) << bytes({0, 0, 8, 1, 0, 0, 0, 1, 1});
  EXPECT_THAT(message_of<InputError>([&] { read_idx_folder(first.folder()); }), HasSubstr("2 images"));
}

TEST(Idx, ReadsAFolderWhoseFilesAreNamedAsEmnists) {
  const std::string images = bytes({0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 7, 9}),
                    labels = bytes({0, 0, 8, 1, 0, 0, 0, 2, 1, 2});
  const TemporaryFile first("emnist-letters-train-images-idx3-ubyte.gz", gzip(images));
  const auto add = [&](const char* name, const std::string& data) {
    std::ofstream(first.folder() / name, std::ios::binary) << data;
  };
  add("emnist-letters-train-labels-idx1-ubyte.gz", gzip(labels));
  add("emnist-letters-test-images-idx3-ubyte.gz", gzip(images));
  EXPECT_TRUE(is_idx_folder(first.folder()));
  EXPECT_THAT(message_of<InputError>([&] { read_idx_folder(first.folder()); }),
              HasSubstr("no emnist-letters-test-labels"));
  add("emnist-letters-test-labels-idx1-ubyte.gz", gzip(labels));
  EXPECT_THAT(read_idx_folder(first.folder()).test->labels.to_vector<std::int64_t>(), ElementsAre(1, 2));
  add("emnist-digits-train-images-idx3-ubyte.gz", gzip(images));
  EXPECT_THAT(message_of<InputError>([&] { read_idx_folder(first.folder()); }), HasSubstr("several names"));
}

TEST(Idx, ReadsMnist) {
  if (!is_idx_folder(shared_data() / "mnist")) GTEST_SKIP() << "skipped: no shared data";
  const IdxFolder mnist = read_idx_folder(shared_data() / "mnist");
  EXPECT_EQ(mnist.train.images.shape(), (Shape{60000, 28, 28}));
  EXPECT_EQ(mnist.test->images.shape(), (Shape{10000, 28, 28}));
  const auto labels = mnist.train.labels.span<std::uint8_t>();
  EXPECT_EQ(std::vector<int>(labels.begin(), labels.begin() + 5), (std::vector<int>{5, 0, 4, 1, 9}));
}

}  // namespace
}  // namespace relume::data
