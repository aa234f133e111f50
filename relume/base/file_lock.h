// Private. A claim to a file that only one holder has at a time.
#pragma once

#include <filesystem>
#include <utility>

namespace relume {

/// Ends with this object, and with the process at the latest, however that ends. A file system that knows no locks
/// (some that are mounted over a network) lets everybody have it.
class FileLock {
 public:
  FileLock() = default;
  /// Asks for it and does not wait. Makes the file where there is none. Throws FileError where that cannot be.
  explicit FileLock(const std::filesystem::path& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  /// False where somebody else has it.
  bool held() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

}  // namespace relume
