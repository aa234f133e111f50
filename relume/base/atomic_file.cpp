// Compiled for size.
#include "relume/base/atomic_file.h"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relume/base/require.h"

namespace relume {
namespace {

constexpr int attempts = 100;

/// A name beside the path that nobody can foresee.
std::string name_beside(const std::filesystem::path& path) {
  std::uint32_t number = 0;
  if (::getentropy(&number, sizeof number) != 0) number = static_cast<std::uint32_t>(::getpid());
  return fmt::format("{}.{:08x}.part", path.string(), number);
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : ".";
}

/// A file without a name, of which nothing remains where the process is killed; −1 where the file system has none.
int open_unnamed(const std::filesystem::path& path, mode_t mode) {
#ifdef O_TMPFILE
  return ::open(folder_of(path).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
#else
  return errno = ENOTSUP, -1;
#endif
}

/// A new file of that name: what was planted there, a link above all, is not opened.
int open_new(const std::filesystem::path& path, mode_t mode) {
  return ::open(path.c_str(), O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, mode);
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code ignored;
  if (std::filesystem::is_symlink(path_, ignored)) path_ = std::filesystem::weakly_canonical(path_);
  struct stat status {};
  const bool exists = ::stat(path_.c_str(), &status) == 0;
  in_place_ = exists && !S_ISREG(status.st_mode);
  int descriptor = -1;
  if (in_place_) {
    descriptor = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  } else {
    const mode_t mode = exists ? status.st_mode & 0777 : 0666;  // the user's mask is taken off a new file's
    descriptor = open_unnamed(path_, mode);
    for (int i = 0; descriptor < 0 && i < attempts; ++i) {
      descriptor = open_new(temporary_ = name_beside(path_), mode);
      if (descriptor < 0 && errno != EEXIST) break;
    }
    if (exists && descriptor >= 0) ::fchmod(descriptor, mode);
  }
  if (descriptor < 0) temporary_.clear(), fail_with_errno();
  file_ = ::fdopen(descriptor, "wb");
  if (file_) return;
  const int code = errno;
  ::close(descriptor);
  if (!temporary_.empty()) std::filesystem::remove(temporary_, ignored);
  errno = code;
  fail_with_errno();
}

AtomicFile::~AtomicFile() {
  if (!file_) return;
  std::fclose(file_);
  std::error_code ignored;
  if (!temporary_.empty()) std::filesystem::remove(temporary_, ignored);
}

void AtomicFile::fail_with_errno() {
  const int code = errno;
  fail<FileError>("write: {}: {}; give a path that can be written", path_.string(), std::strerror(code));
}

void AtomicFile::write(const void* data, std::size_t bytes) {
  if (std::fwrite(data, 1, bytes, file_) != bytes) fail_with_errno();
}

/// A file that has no name yet gets one beside its path.
void AtomicFile::name_temporary() {
  const std::string itself = fmt::format("/proc/self/fd/{}", ::fileno(file_));
  for (int i = 0; i < attempts; ++i) {
    temporary_ = name_beside(path_);  // before the name is there: a lack of memory must not leave it
    if (::linkat(AT_FDCWD, itself.c_str(), AT_FDCWD, temporary_.c_str(), AT_SYMLINK_FOLLOW) == 0) return;
    if (errno != EEXIST) break;
  }
  temporary_.clear();
  fail_with_errno();
}

void AtomicFile::commit() {
  if (std::fflush(file_) != 0) fail_with_errno();
  if (in_place_) {
    std::fclose(std::exchange(file_, nullptr));
    return;
  }
  if (::fsync(::fileno(file_)) != 0) fail_with_errno();
  if (temporary_.empty()) name_temporary();
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) fail_with_errno();
  temporary_.clear();
  std::fclose(std::exchange(file_, nullptr));
  // The new name itself must survive a crash, not only the bytes.
  if (const int fd = ::open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); fd >= 0) {
    ::fsync(fd);
    ::close(fd);
  }
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

std::string read_file(const std::filesystem::path& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) fail<FileError>("read: {}: {}", path.string(), std::strerror(errno));
  std::string text;
  char buffer[1 << 16];
  while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, file)) text.append(buffer, n);
  const bool bad = std::ferror(file) != 0;
  const int code = errno;
  std::fclose(file);
  require<FileError>(!bad, "read: {}: {}", path.string(), std::strerror(code));
  return text;
}

}  // namespace relume
