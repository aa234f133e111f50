// A lock that one holder has at a time, and that no dead one keeps.
#include "relume/base/file_lock.h"

#include <csignal>
#include <optional>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relume/base/error.h"
#include "tests/io/temporary_folder.h"

namespace relume {
namespace {

TEST(FileLock, IsHeldByOneAtATime) {
  const io::TemporaryFolder folder;
  std::optional<FileLock> first(folder / "lock");
  EXPECT_TRUE(first->held());
  EXPECT_FALSE(FileLock(folder / "lock").held()) << "in the same process too";
  EXPECT_TRUE(FileLock(folder / "other").held());
  FileLock moved = std::move(*first);
  first.reset();
  EXPECT_FALSE(FileLock(folder / "lock").held()) << "it went with the one that it was moved to";
  moved = FileLock();
  EXPECT_TRUE(FileLock(folder / "lock").held());
}

TEST(FileLock, IsNotKeptByADeadOwner) {
  const io::TemporaryFolder folder;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t owner = ::fork();
  if (owner == 0) {
    const FileLock lock(folder / "lock");
    const char answer = lock.held() ? 'y' : 'n';
    if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
    ::pause();
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_FALSE(FileLock(folder / "lock").held());
  ::kill(owner, SIGKILL);
  ::waitpid(owner, nullptr, 0);
  EXPECT_TRUE(FileLock(folder / "lock").held());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(FileLock, IsNotKeptByAChildThatWasForkedMeanwhile) {
  const io::TemporaryFolder folder;
  std::optional<FileLock> lock(folder / "lock");
  const pid_t child = ::fork();
  if (child == 0) ::pause();
  lock.reset();
  EXPECT_TRUE(FileLock(folder / "lock").held());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST(FileLock, FollowsNoLinkAndNamesWhatItCannotOpen) {
  const io::TemporaryFolder folder;
  ASSERT_EQ(::symlink("elsewhere", (folder / "lock").c_str()), 0);
  EXPECT_THROW(FileLock(folder / "lock"), FileError);
  EXPECT_FALSE(std::filesystem::exists(folder / "elsewhere"));
  EXPECT_THROW(FileLock(folder / "nowhere" / "lock"), FileError);
}

}  // namespace
}  // namespace relume
