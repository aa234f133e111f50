// Private. The bytes of a file, unpacked on the way where it is gzip.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

struct gzFile_s;

namespace relume::data {

/// Deflate, and so gzip, cannot shrink data by more than this factor: a larger size that a file claims is a lie.
constexpr std::size_t most_deflated = 1032;

/// Reads a plain or a gzip file from beginning to end; which of the two it is shows in its first bytes, not in its
/// name. Throws FileError where it cannot be opened, InputError where the gzip data is damaged or ends too early.
class ByteSource {
 public:
  /// How often the bytes are to be read. What cannot be read again, as a pipe, is copied to a temporary file for that.
  enum class Passes : std::uint8_t { one, several };

  explicit ByteSource(std::filesystem::path path, Passes passes = Passes::one);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  /// Fills the buffer as far as the file goes and returns how many bytes it got: fewer only at the end.
  std::size_t read(std::span<std::byte> buffer);
  /// Goes back to the first byte; with Passes::several.
  void rewind();
  /// Reads what is left and returns how many bytes it was.
  std::size_t skip_rest();
  /// The whole source has no more bytes than this: those on disk, of gzip what they can unpack to. The largest number
  /// where the system does not know.
  std::size_t most_bytes() const;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  gzFile_s* file_;
};

/// All bytes that are left in the source.
std::vector<std::byte> read_all(ByteSource& source);

}  // namespace relume::data
