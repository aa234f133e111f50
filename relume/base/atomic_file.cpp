#include "relume/base/atomic_file.h"

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "relume/base/require.h"

namespace relume {

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code ignored;
  if (std::filesystem::is_symlink(path_, ignored)) path_ = std::filesystem::weakly_canonical(path_);
  const auto status = std::filesystem::status(path_, ignored);
  in_place_ = std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
  temporary_ = path_;
  if (!in_place_) temporary_ += fmt::format(".{}.part", ::getpid());
  file_ = std::fopen(temporary_.c_str(), "wb");
  if (!file_) fail_with_errno();
}

AtomicFile::~AtomicFile() {
  if (!file_) return;
  std::fclose(file_);
  std::error_code ignored;
  if (!in_place_) std::filesystem::remove(temporary_, ignored);
}

void AtomicFile::fail_with_errno() {
  const int code = errno;
  fail<FileError>("write: {}: {}; give a path that can be written", path_.string(), std::strerror(code));
}

void AtomicFile::write(const void* data, std::size_t bytes) {
  if (std::fwrite(data, 1, bytes, file_) != bytes) fail_with_errno();
}

void AtomicFile::commit() {
  if (std::fflush(file_) != 0) fail_with_errno();
  if (in_place_) {
    std::fclose(std::exchange(file_, nullptr));
    return;
  }
  if (::fsync(::fileno(file_)) != 0) fail_with_errno();
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) fail_with_errno();
  std::fclose(std::exchange(file_, nullptr));
  // The new name itself must survive a crash, not only the bytes.
  const std::filesystem::path folder = path_.has_parent_path() ? path_.parent_path() : ".";
  if (const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); fd >= 0) {
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
