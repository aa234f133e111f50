// Source: PKWARE, "APPNOTE.TXT", sections 4.3.7, 4.3.12 and 4.3.16.
#include "relume/data/npz_writer.h"

#include <algorithm>
#include <limits>

#include "relume/base/atomic_file.h"
#include "relume/base/require.h"
#include "relume/data/checksum.h"
#include "relume/data/npy_bytes.h"

namespace relume::data {
namespace {

/// Numbers in zip's byte order, one after the other.
class Record {
 public:
  Record& u16(std::uint32_t value) { return put(value, 2); }
  Record& u32(std::uint64_t value) { return put(value, 4); }
  Record& text(std::string_view value) {
    bytes_ += value;
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  Record& put(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) bytes_ += static_cast<char>(value >> (8 * i) & 0xff);
    return *this;
  }
  std::string bytes_;
};

constexpr std::uint32_t first_of_january_1980 = 1 << 5 | 1;  // zip's oldest day, so that equal content is equal bytes
constexpr std::uint32_t utf8_names = 1 << 11, version = 20;

/// What the entry of a file and that of the directory have in common.
Record& facts(Record& record, std::uint32_t crc, std::uint32_t size, const std::string& name) {
  record.u16(version).u16(utf8_names).u16(0).u16(0).u16(first_of_january_1980);
  return record.u32(crc).u32(size).u32(size).u16(static_cast<std::uint32_t>(name.size())).u16(0);
}

/// The code points of UTF-8.
std::u32string decoded(std::string_view text) {
  std::u32string points;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    const int more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    char32_t point = more == 0 ? lead : lead & (0x3f >> more);
    for (int k = 0; k < more && i < text.size(); ++k)
      point = point << 6 | (static_cast<unsigned char>(text[i++]) & 0x3f);
    points += point;
  }
  return points;
}

}  // namespace

NpzWriter::NpzWriter(const std::filesystem::path& path) : file_(std::make_unique<AtomicFile>(path)) {}
NpzWriter::~NpzWriter() = default;

void NpzWriter::add(const std::string& name, const Tensor& tensor) {
  const Tensor dense = (tensor.dtype() == bfloat16 ? tensor.to(float32) : tensor).contiguous();
  add_member(name, npy_header(npy_descr(dense.dtype()), dense.shape()),
             {static_cast<const char*>(dense.raw_data()), dense.bytes()});
}

void NpzWriter::add(const std::string& name, const std::vector<std::string>& texts) {
  std::vector<std::u32string> decoded_texts;
  std::size_t longest = 1;
  for (const std::string& text : texts) {
    decoded_texts.push_back(decoded(text));
    longest = std::max(longest, decoded_texts.back().size());
  }
  std::u32string cells;
  cells.reserve(longest * texts.size());
  for (std::u32string& text : decoded_texts) {
    text.resize(longest);
    cells += text;
  }
  add_member(name, npy_header(fmt::format("<U{}", longest), {static_cast<std::int64_t>(texts.size())}),
             {reinterpret_cast<const char*>(cells.data()), cells.size() * sizeof(char32_t)});
}

void NpzWriter::add_member(const std::string& array, std::string_view header, std::string_view data) {
  const std::string name = array + ".npy";
  const auto same = [&](const Member& member) { return member.name == name; };
  require(std::none_of(members_.begin(), members_.end(), same),
          "npz: two arrays are named \"{}\"; give each a name of its own", array);
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max() - (1 << 20);  // with room for the directory
  require(size_ + header.size() + data.size() < most,
          "npz: the archive grows beyond 4 GB; write fewer arrays into one");
  std::uint32_t crc = 0;
  for (const std::string_view part : {header, data}) crc = checksum(crc, part.data(), part.size());
  const auto bytes = static_cast<std::uint32_t>(header.size() + data.size());
  members_.push_back({name, crc, bytes, static_cast<std::uint32_t>(size_)});
  Record record;
  facts(record.text("PK\3\4"), crc, bytes, name).text(name);
  for (const std::string_view part : {std::string_view(record.bytes()), header, data}) {
    file_->write(part);
    size_ += part.size();
  }
}

void NpzWriter::commit() {
  Record directory;
  for (const Member& m : members_)
    facts(directory.text("PK\1\2").u16(version), m.crc, m.size, m.name)
        .u16(0)
        .u16(0)
        .u16(0)
        .u32(0)
        .u32(m.at)
        .text(m.name);
  const auto count = static_cast<std::uint32_t>(members_.size());
  require(count < 0xffff, "npz: {} arrays, where zip's first format holds 65,534", count);
  const std::uint64_t bytes = directory.bytes().size();
  directory.text("PK\5\6").u16(0).u16(0).u16(count).u16(count).u32(bytes).u32(size_).u16(0);
  file_->write(directory.bytes());
  file_->commit();
}

}  // namespace relume::data
