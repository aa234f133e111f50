// Event files as bytes; tests/interplay has TensorBoard itself read them.
#include "relume/plot/events/event_file.h"

#if RELUME_HAVE_EVENTS
#include <cstring>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "relume/base/atomic_file.h"
#include "relume/base/error.h"
#include "relume/plot/events/crc32c.h"
#include "relume/plot/events/png.h"

namespace relume::plot {
namespace {

TEST(Crc32c, GivesThePublishedValues) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);  // RFC 3720, B.4
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(crc32c(""), 0u);
}

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("events" + std::to_string(::getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
};

/// The lengths of the records of a whole file; the test fails where the last one is cut.
std::vector<std::uint64_t> record_lengths(const std::string& bytes) {
  std::vector<std::uint64_t> lengths;
  std::size_t at = 0;
  while (at + 12 <= bytes.size()) {
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data() + at, sizeof(length));
    lengths.push_back(length);
    at += 8 + 4 + length + 4;
  }
  EXPECT_EQ(at, bytes.size());
  return lengths;
}

TEST(Png, IsWrittenOfAsManyPixelsAsItHas) {
  const std::vector<std::uint8_t> pixels(6, 128);
  EXPECT_THROW(grey_png(pixels, 4, 2), ValueError);
  EXPECT_THROW(grey_png({}, 0, 0), ValueError);
#if RELUME_HAVE_PNG
  EXPECT_THAT(grey_png(pixels, 3, 2), testing::StartsWith("\x89PNG"));
#else
  EXPECT_EQ(grey_png(pixels, 3, 2), "");
#endif
}

TEST(EventFile, IsWholeAfterEveryCall) {
  const Folder folder;
  EventFile file(folder.path);
  EXPECT_EQ(record_lengths(read_file(file.path())).size(), 1u);
  file.scalar("loss", 0.5, 1);
  EXPECT_EQ(record_lengths(read_file(file.path())).size(), 2u);
  file.text("note", "*new*", 2);
  file.image("digit", "a three", "not looked at", 28, 28, 2);
  EXPECT_EQ(record_lengths(read_file(file.path())).size(), 4u);
}

TEST(EventFile, LeavesOutHistogramsOfNothing) {
  const Folder folder;
  EventFile file(folder.path);
  file.histogram("empty", {}, 1);
  const std::vector<float> values{std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()};
  file.histogram("no numbers", values, 1);
  EXPECT_EQ(record_lengths(read_file(file.path())).size(), 1u);
  file.histogram("all the same", std::vector<float>{3, 3, 3}, 1);
  EXPECT_EQ(record_lengths(read_file(file.path())).size(), 2u);
}

TEST(EventFile, TwoOfOneSecondAreTwoFiles) {
  const Folder folder;
  EXPECT_NE(EventFile(folder.path).path(), EventFile(folder.path).path());
}

TEST(EventFile, SaysWhereItCannotBeWritten) {
  try {
    EventFile("/dev/null/folder");
    FAIL() << "no error";
  } catch (const FileError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("/dev/null/folder"));
  }
}

}  // namespace
}  // namespace relume::plot
#endif
