#include "relume/base/atomic_file.h"

#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relume/base/error.h"

namespace relume {
namespace {

namespace fs = std::filesystem;

/// A folder of the test's own.
class AtomicFileTest : public testing::Test {
 protected:
  AtomicFileTest() {
    std::string name = (fs::temp_directory_path() / "relume_atomic_XXXXXX").string();
    folder = ::mkdtemp(name.data());
  }
  ~AtomicFileTest() override { fs::remove_all(folder); }

  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator{}));
  }

  fs::path folder;
};

TEST_F(AtomicFileTest, CommitPutsTheWholeFileInPlaceOfTheOld) {
  write_file(folder / "a", "old");
  AtomicFile file(folder / "a");
  file.write("new");
  EXPECT_EQ(read_file(folder / "a"), "old");
  file.commit();
  EXPECT_EQ(read_file(folder / "a"), "new");
  EXPECT_EQ(files(), 1u);
}

TEST_F(AtomicFileTest, WithoutCommitNothingRemains) {
  write_file(folder / "a", "old");
  { AtomicFile(folder / "a").write("new"); }
  EXPECT_EQ(read_file(folder / "a"), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(AtomicFileTest, AProcessThatIsKilledLeavesNoFile) {
  const pid_t child = ::fork();
  if (child == 0) {
    AtomicFile file(folder / "a");
    file.write(std::string(1 << 20, 'x'));
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  const int probe = ::open(folder.c_str(), O_TMPFILE | O_WRONLY, 0600);
  if (probe < 0) GTEST_SKIP() << "this file system has no files without a name";
  ::close(probe);
  EXPECT_EQ(files(), 0u);
}

TEST_F(AtomicFileTest, ThreadsThatWriteToOnePathAllSucceedAndLeaveOneWholeFile) {
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (char c = 'a'; c < 'e'; ++c)
    threads.emplace_back([&, c] {
      for (int i = 0; i < 50; ++i) try {
          write_file(folder / "shared", std::string(10000, c));
          const std::string text = read_file(folder / "shared");
          if (text != std::string(10000, text.at(0))) ++failures;
        } catch (const Error&) {
          ++failures;
        }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(files(), 1u);
}

TEST_F(AtomicFileTest, ALinkPlantedWhereTheTemporaryFileWouldBeIsNotFollowed) {
  write_file(folder / "victim", "precious");
  fs::create_symlink(folder / "victim", folder / ("a." + std::to_string(::getpid()) + ".part"));
  write_file(folder / "a", "new");
  EXPECT_EQ(read_file(folder / "victim"), "precious");
}

TEST_F(AtomicFileTest, TheGoalOfALinkIsWrittenAndTheLinkStays) {
  write_file(folder / "goal", "old");
  fs::create_symlink("goal", folder / "link");
  write_file(folder / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(read_file(folder / "goal"), "new");
}

TEST_F(AtomicFileTest, AFileThatReplacesOneHasItsPermissionsAndANewOneThoseOfTheMask) {
  const mode_t mask = ::umask(027);
  write_file(folder / "new", "x");
  ::umask(mask);
  EXPECT_EQ(fs::status(folder / "new").permissions(), fs::perms(0640));
  fs::permissions(folder / "new", fs::perms(0604));
  write_file(folder / "new", "y");
  EXPECT_EQ(fs::status(folder / "new").permissions(), fs::perms(0604));
}

TEST_F(AtomicFileTest, AFolderThatIsNotThereIsAnErrorThatNamesThePath) {
  try {
    write_file(folder / "none" / "a", "x");
    FAIL();
  } catch (const FileError& error) {
    EXPECT_NE(std::string(error.what()).find((folder / "none" / "a").string()), std::string::npos);
  }
}

TEST_F(AtomicFileTest, WhatIsNoRegularFileIsWrittenToAsItIs) {
  write_file("/dev/null", "x");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

}  // namespace
}  // namespace relume
