// Compiled for size.
#include "relume/base/file_lock.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "relume/base/require.h"

namespace relume {

FileLock::FileLock(const std::filesystem::path& path)
    : descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0)
    fail<FileError>("lock: {}: {}; give a folder that can be written", path.string(), std::strerror(errno));
  // Of the open file and not of the process, as fcntl's are: two runs in one process are two as well.
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) ::close(std::exchange(descriptor_, -1));
}

FileLock::~FileLock() {
  if (descriptor_ < 0) return;
  ::flock(descriptor_, LOCK_UN);  // a child that was forked meanwhile holds the open file too
  ::close(descriptor_);
}

}  // namespace relume
