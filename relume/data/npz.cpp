// The zip around NumPy's arrays. Source: PKWARE, "APPNOTE.TXT", sections 4.3 and 4.5.3 (Zip64).
#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <string_view>
#include <vector>

#include <zlib.h>

#include "relume/base/require.h"
#include "relume/data/byte_order.h"
#include "relume/data/byte_source.h"
#include "relume/data/checksum.h"
#include "relume/data/npy.h"
#include "relume/data/npy_bytes.h"

namespace relume::data {
namespace {

using ByteSpan = std::span<const std::byte>;

constexpr std::uint32_t local_magic = 0x04034b50, central_magic = 0x02014b50, end_magic = 0x06054b50,
                        end64_magic = 0x06064b50, locator64_magic = 0x07064b50;
constexpr std::uint64_t in_zip64 = 0xffffffff;

[[noreturn]] void damaged_archive(const std::string& where, std::string_view what) {
  fail<InputError>("npz: {}: {}; save the arrays again with numpy.savez", where, what);
}

/// Numbers at places of the archive, with every access checked.
class Archive {
 public:
  Archive(ByteSpan bytes, std::string where) : bytes_(bytes), where_(std::move(where)) {}

  template <class T>
  T at(std::uint64_t offset) const {
    return load_little_endian<T>(part(offset, sizeof(T)).data());
  }
  ByteSpan part(std::uint64_t offset, std::uint64_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset)
      damaged_archive(where_, "the zip archive ends too early");
    return bytes_.subspan(offset, size);
  }
  std::string_view text(std::uint64_t offset, std::uint64_t size) const {
    const ByteSpan bytes = part(offset, size);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  std::uint64_t size() const { return bytes_.size(); }
  const std::string& where() const { return where_; }

 private:
  ByteSpan bytes_;
  std::string where_;
};

struct ZipEntry {
  std::string name;
  std::uint16_t flags = 0, method = 0;
  std::uint32_t crc = 0;
  std::uint64_t packed = 0, size = 0, local = 0;
};

struct Directory {
  std::uint64_t offset = 0, entries = 0;
};

std::uint64_t find_end(const Archive& archive) {
  constexpr std::uint64_t record = 22, longest_comment = 0xffff;
  if (archive.size() < record) damaged_archive(archive.where(), "too short for a zip archive");
  const std::uint64_t last = archive.size() - record;
  for (std::uint64_t back = 0; back <= std::min(last, longest_comment); ++back)
    if (archive.at<std::uint32_t>(last - back) == end_magic) return last - back;
  damaged_archive(archive.where(), "the zip archive's directory is missing");
}

Directory find_directory(const Archive& archive) {
  const std::uint64_t end = find_end(archive);
  Directory directory{archive.at<std::uint32_t>(end + 16), archive.at<std::uint16_t>(end + 10)};
  const bool large = directory.offset == in_zip64 || directory.entries == 0xffff;
  if (!large || end < 20 || archive.at<std::uint32_t>(end - 20) != locator64_magic) return directory;
  const auto end64 = archive.at<std::uint64_t>(end - 12);
  if (archive.at<std::uint32_t>(end64) != end64_magic)
    damaged_archive(archive.where(), "the zip64 directory is missing");
  return {archive.at<std::uint64_t>(end64 + 48), archive.at<std::uint64_t>(end64 + 32)};
}

/// Sizes that do not fit into 32 bits stand in an extra field, in this order, those alone that are needed.
void read_zip64(const Archive& archive, std::uint64_t extra, std::uint64_t extra_size, ZipEntry& entry) {
  const std::uint64_t stop = extra + extra_size;
  while (extra + 4 <= stop) {
    const auto id = archive.at<std::uint16_t>(extra), length = archive.at<std::uint16_t>(extra + 2);
    std::uint64_t at = extra + 4;
    if (id == 1)
      for (std::uint64_t* field : {&entry.size, &entry.packed, &entry.local})
        if (*field == in_zip64) {
          *field = archive.at<std::uint64_t>(at);
          at += 8;
        }
    extra += 4 + std::uint64_t{length};
  }
}

/// The entry at that place of the directory; `offset` moves on to the next.
ZipEntry read_entry(const Archive& archive, std::uint64_t& offset) {
  if (archive.at<std::uint32_t>(offset) != central_magic)
    damaged_archive(archive.where(), "the zip archive's directory is damaged");
  ZipEntry entry;
  entry.flags = archive.at<std::uint16_t>(offset + 8);
  entry.method = archive.at<std::uint16_t>(offset + 10);
  entry.crc = archive.at<std::uint32_t>(offset + 16);
  entry.packed = archive.at<std::uint32_t>(offset + 20);
  entry.size = archive.at<std::uint32_t>(offset + 24);
  entry.local = archive.at<std::uint32_t>(offset + 42);
  const std::uint64_t name = archive.at<std::uint16_t>(offset + 28), extra = archive.at<std::uint16_t>(offset + 30),
                      comment = archive.at<std::uint16_t>(offset + 32);
  entry.name = archive.text(offset + 46, name);
  read_zip64(archive, offset + 46 + name, extra, entry);
  offset += 46 + name + extra + comment;
  return entry;
}

/// The bytes of one entry, unpacked as they are read.
class EntryReader {
 public:
  EntryReader(const Archive& archive, const ZipEntry& entry)
      : where_(archive.where() + ": " + entry.name), size_(entry.size), crc_(entry.crc), deflated_(entry.method == 8) {
    if (entry.flags & 1) damaged_archive(where_, "it is encrypted");
    if (archive.at<std::uint32_t>(entry.local) != local_magic)
      damaged_archive(where_, "its place in the archive is wrong");
    if (entry.method != 0 && !deflated_)
      damaged_archive(where_, fmt::format("packed by method {}, stored and deflated can be read", entry.method));
    const std::uint64_t name = archive.at<std::uint16_t>(entry.local + 26),
                        extra = archive.at<std::uint16_t>(entry.local + 28);
    packed_ = archive.part(entry.local + 30 + name + extra, entry.packed);
    const std::uint64_t most = deflated_ ? packed_.size() * most_deflated : packed_.size();
    if (size_ > most) damaged_archive(where_, "the size in the archive is not true");
    if (deflated_ && inflateInit2(&stream_, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~EntryReader() {
    if (deflated_) inflateEnd(&stream_);
  }
  EntryReader(const EntryReader&) = delete;
  EntryReader& operator=(const EntryReader&) = delete;

  std::size_t read(std::span<std::byte> buffer) {
    const std::size_t got = deflated_ ? inflate_into(buffer) : copy_into(buffer);
    done_ += got;
    checksum_ = checksum(checksum_, buffer.data(), got);
    return got;
  }
  /// Reads what is left, and throws InputError where size or checksum are not those that the archive has.
  void finish() {
    std::array<std::byte, 1 << 12> rest;
    while (read(rest) == rest.size()) {
    }
    if (done_ != size_) damaged_archive(where_, "its data is damaged or ends too early");
    if (checksum_ != crc_) damaged_archive(where_, "its checksum is wrong");
  }
  std::uint64_t size() const { return size_; }
  const std::string& where() const { return where_; }

 private:
  std::size_t copy_into(std::span<std::byte> buffer) {
    const std::size_t n = std::min<std::size_t>(buffer.size(), packed_.size() - in_);
    std::copy_n(packed_.begin() + static_cast<std::ptrdiff_t>(in_), n, buffer.begin());
    in_ += n;
    return n;
  }
  std::size_t inflate_into(std::span<std::byte> buffer) {
    std::size_t done = 0;
    while (done < buffer.size() && code_ == Z_OK) {
      const auto in_part = static_cast<uInt>(std::min<std::size_t>(packed_.size() - in_, 1u << 30));
      const auto out_part = static_cast<uInt>(std::min<std::size_t>(buffer.size() - done, 1u << 30));
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed_.data() + in_));
      stream_.avail_in = in_part;
      stream_.next_out = reinterpret_cast<Bytef*>(buffer.data() + done);
      stream_.avail_out = out_part;
      code_ = inflate(&stream_, Z_NO_FLUSH);
      in_ += in_part - stream_.avail_in;
      done += out_part - stream_.avail_out;
    }
    if (code_ != Z_OK && code_ != Z_STREAM_END) damaged_archive(where_, "the deflated data is damaged");
    return done;
  }

  std::string where_;
  std::uint64_t size_ = 0, done_ = 0;
  std::uint32_t crc_ = 0, checksum_ = 0;
  bool deflated_ = false;
  ByteSpan packed_;
  std::size_t in_ = 0;
  z_stream stream_{};
  int code_ = Z_OK;
};

/// Entries that share bytes unpack to far more than the file holds.
void check_apart(std::vector<const ZipEntry*> entries, const std::string& where) {
  std::sort(entries.begin(), entries.end(), [](const ZipEntry* a, const ZipEntry* b) { return a->local < b->local; });
  for (std::size_t i = 1; i < entries.size(); ++i)
    if (entries[i]->local - entries[i - 1]->local < entries[i - 1]->packed)
      damaged_archive(where,
                      fmt::format("{} and {} share bytes of the archive", entries[i - 1]->name, entries[i]->name));
}

}  // namespace

struct NpzFile::Impl {
  explicit Impl(const std::filesystem::path& path) : bytes(all_of(path)), archive(bytes, path.string()) {
    const Directory directory = find_directory(archive);
    std::uint64_t offset = directory.offset;
    for (std::uint64_t i = 0; i < directory.entries; ++i) {
      ZipEntry entry = read_entry(archive, offset);
      const bool is_array = entry.name.ends_with(ending);
      names.push_back(is_array ? entry.name.substr(0, entry.name.size() - ending.size()) : entry.name);
      if (is_array) arrays.insert_or_assign(names.back(), std::move(entry));
    }
    std::vector<const ZipEntry*> entries;
    for (const auto& [name, entry] : arrays) entries.push_back(&entry);
    check_apart(std::move(entries), archive.where());
  }

  const ZipEntry& entry(std::string_view array) const {
    const auto found = arrays.find(array);
    require<InputError>(found != arrays.end(), "npz: {} has no array '{}'", archive.where(), array);
    return found->second;
  }

  static std::vector<std::byte> all_of(const std::filesystem::path& path) {
    ByteSource source(path);
    return read_all(source);
  }

  static constexpr std::string_view ending = ".npy";
  std::vector<std::byte> bytes;
  Archive archive;
  std::vector<std::string> names;
  std::map<std::string, ZipEntry, std::less<>> arrays;
};

NpzFile::NpzFile(const std::filesystem::path& path) : impl_(std::make_unique<Impl>(path)) {}
NpzFile::~NpzFile() = default;

const std::vector<std::string>& NpzFile::names() const { return impl_->names; }
bool NpzFile::has(std::string_view array) const { return impl_->arrays.contains(array); }

NpyArray NpzFile::read(std::string_view array) const {
  EntryReader reader(impl_->archive, impl_->entry(array));
  const auto read = [&reader](std::span<std::byte> buffer) { return reader.read(buffer); };
  NpyArray result = read_npy(read, reader.size(), reader.where());
  reader.finish();
  return result;
}

Shape NpzFile::shape(std::string_view array) const {
  EntryReader reader(impl_->archive, impl_->entry(array));
  return read_npy_shape([&reader](std::span<std::byte> buffer) { return reader.read(buffer); }, reader.where());
}

std::map<std::string, Tensor> read_npz(const std::filesystem::path& path) {
  const NpzFile file(path);
  std::map<std::string, Tensor> arrays;
  for (const std::string& name : file.names())
    if (file.has(name)) arrays[name] = numbers_of(file.read(name), fmt::format("{}: {}", path.string(), name));
  return arrays;
}

}  // namespace relume::data
