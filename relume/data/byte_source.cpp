#include "relume/data/byte_source.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "relume/base/require.h"

namespace relume::data {

namespace {

/// An open file, closed with this unless it was let go.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;

  int get() const { return number_; }
  int let_go() { return std::exchange(number_, -1); }

 private:
  int number_;
};

[[noreturn]] void fail_with_errno(const std::filesystem::path& path) {
  fail<FileError>("read: {}: {}", path.string(), std::strerror(errno ? errno : ENOMEM));
}

/// Pipes and terminals; devices such as /dev/zero have no end.
bool is_read_once(int descriptor) {
  struct stat status {};
  return ::isatty(descriptor) ||
         (::fstat(descriptor, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)));
}

/// A file without a name that holds all that is left in `from`.
Descriptor copy_of(const Descriptor& from, const std::filesystem::path& path) {
  std::string name = (std::filesystem::temp_directory_path() / "relume_XXXXXX").string();
  Descriptor copy(::mkstemp(name.data()));
  if (copy.get() < 0) fail_with_errno(name);
  ::unlink(name.c_str());
  std::vector<char> buffer(1 << 18);
  for (;;) {
    const ssize_t got = ::read(from.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_with_errno(path);
    if (got == 0) break;
    for (ssize_t done = 0; done < got;) {
      const ssize_t written = ::write(copy.get(), buffer.data() + done, static_cast<std::size_t>(got - done));
      if (written < 0 && errno != EINTR) fail_with_errno(name);
      done += std::max<ssize_t>(written, 0);
    }
  }
  ::lseek(copy.get(), 0, SEEK_SET);
  return copy;
}

}  // namespace

ByteSource::ByteSource(std::filesystem::path path, Passes passes) : path_(std::move(path)) {
  require<FileError>(!std::filesystem::is_directory(path_), "read: {} is a folder; give a file", path_.string());
  errno = 0;
  Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) fail_with_errno(path_);
  Descriptor read =
      passes == Passes::several && is_read_once(file.get()) ? copy_of(file, path_) : Descriptor(file.let_go());
  file_ = gzdopen(read.get(), "rb");
  if (!file_) fail_with_errno(path_);
  read.let_go();
  gzbuffer(file_, 1 << 18);
}

void ByteSource::rewind() { require<FileError>(gzrewind(file_) == 0, "read: {} cannot be read again", path_.string()); }

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
