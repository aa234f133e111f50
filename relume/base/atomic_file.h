// Private. Files that appear whole or not at all.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string_view>

namespace relume {

/// A file written under a temporary name beside its own, synced and renamed by commit(). Without commit() nothing
/// remains and what stood there before is untouched. What is no regular file (/dev/null, a pipe) is written to as it
/// is, and through a link its goal is written. Throws FileError, which names the path and the system's reason.
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

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  std::FILE* file_ = nullptr;
  bool in_place_ = false;
};

/// Writes the text to `path` at once.
void write_file(const std::filesystem::path& path, std::string_view text);

/// The whole file. Throws FileError.
std::string read_file(const std::filesystem::path& path);

}  // namespace relume
