#include "relume/data/byte_source.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include <zlib.h>

#include "relume/base/require.h"

namespace relume::data {

ByteSource::ByteSource(std::filesystem::path path) : path_(std::move(path)) {
  require<FileError>(!std::filesystem::is_directory(path_), "read: {} is a folder; give a file", path_.string());
  errno = 0;
  file_ = gzopen(path_.c_str(), "rb");
  if (!file_) fail<FileError>("read: {}: {}", path_.string(), std::strerror(errno ? errno : ENOMEM));
  gzbuffer(file_, 1 << 18);
}

ByteSource::~ByteSource() { gzclose_r(file_); }

std::size_t ByteSource::read(std::span<std::byte> buffer) {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const auto part = static_cast<unsigned>(std::min<std::size_t>(buffer.size() - done, 1u << 30));
    const int n = gzread(file_, buffer.data() + done, part);
    int code = Z_OK;
    const char* text = gzerror(file_, &code);
    // A file that ends inside of its gzip data is Z_BUF_ERROR, which gzread itself does not return.
    require<InputError>(code != Z_BUF_ERROR, "read: {}: the gzip data ends too early; copy the file again",
                        path_.string());
    if (n < 0)
      fail<InputError>("read: {}: {}; copy the file again", path_.string(),
                       code == Z_ERRNO ? std::strerror(errno) : text);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

std::size_t ByteSource::skip_rest() {
  std::array<std::byte, 1 << 12> buffer;
  std::size_t total = 0;
  for (std::size_t n = buffer.size(); n == buffer.size(); total += n) n = read(buffer);
  return total;
}

std::size_t ByteSource::most_bytes() const {
  constexpr std::size_t unknown = std::numeric_limits<std::size_t>::max();
  std::error_code error;
  const auto on_disk = std::filesystem::file_size(path_, error);
  if (error) return unknown;
  if (gzdirect(file_)) return on_disk;
  return on_disk > unknown / most_deflated ? unknown : on_disk * most_deflated;
}

std::vector<std::byte> read_all(ByteSource& source) {
  std::vector<std::byte> bytes;
  std::error_code ignored;
  const auto on_disk = std::filesystem::file_size(source.path(), ignored);
  std::size_t room = ignored ? 0 : static_cast<std::size_t>(on_disk) + 1;
  for (std::size_t size = 0;;) {
    bytes.resize(std::max({room, size + size / 2, std::size_t{1} << 16}));
    size += source.read(std::span(bytes).subspan(size));
    if (size < bytes.size()) {
      bytes.resize(size);
      return bytes;
    }
  }
}

}  // namespace relume::data
