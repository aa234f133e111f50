// Private. Files that appear whole or not at all.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string_view>

namespace relume {

/// A file that is written without a name, synced, named and renamed by commit(). Without commit() nothing remains, also
/// where the process is killed, and what stood there before is untouched; a file that replaces one has its permissions.
/// (A file system that has no files without a name gets one with a random name beside its own, which a kill leaves.)
/// What is no regular file (/dev/null, a pipe) is written to as it is, and through a link its goal is written. Throws
/// FileError, which names the path and the system's reason.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, std::size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();

 private:
  [[noreturn]] void fail_with_errno();
  void name_temporary();

  std::filesystem::path path_;
  std::filesystem::path temporary_;  // empty while the file has no name
  std::FILE* file_ = nullptr;
  bool in_place_ = false;
};

/// Writes the text to `path` at once.
void write_file(const std::filesystem::path& path, std::string_view text);

/// The whole file. Throws FileError.
std::string read_file(const std::filesystem::path& path);

}  // namespace relume
