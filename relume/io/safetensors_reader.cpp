#include "relume/io/safetensors_reader.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "relume/base/require.h"
#include "relume/data/byte_order.h"

namespace relume::io {
namespace {

/// Copies `count` bytes, from `offset` on, to where the pointer leads; the caller asks for nothing beyond the end.
using ReadBytes = FunctionRef<void(std::uint64_t offset, void* to, std::size_t count)>;

void read_entry(const SafeTensorsEntry& entry, std::uint64_t data_begin, ReadBytes read, std::string_view file,
                void* to) {
  const std::size_t bytes = entry.end - entry.begin;
  if (bytes == 0) return;
  read(data_begin + entry.begin, to, bytes);
  if constexpr (std::endian::native == std::endian::big)
    data::reverse_bytes(static_cast<std::byte*>(to), bytes, size_of(entry.dtype));
  if (entry.dtype == DType::bool_) {
    const auto* values = static_cast<const unsigned char*>(to);
    require<InputError>(std::all_of(values, values + bytes, [](unsigned char value) { return value <= 1; }),
                        "safetensors: {}: {} is BOOL but has bytes other than 0 and 1; write the file again", file,
                        excerpt(entry.name));
  }
}

void read_all(std::uint64_t size, ReadBytes read, std::string_view file, UseSafeTensors use) {
  require<InputError>(size >= safetensors_length_bytes,
                      "safetensors: {}: {} bytes are too few; is this a safetensors file?", file, size);
  std::byte length[safetensors_length_bytes];
  read(0, length, safetensors_length_bytes);
  const auto header_bytes = data::load_little_endian<std::uint64_t>(length);
  require<InputError>(
      header_bytes <= max_header_bytes && header_bytes <= size - safetensors_length_bytes,
      "safetensors: {}: a header of {} bytes does not fit a file of {}; is this a whole safetensors file?", file,
      header_bytes, size);

  std::string json(header_bytes, '\0');
  read(safetensors_length_bytes, json.data(), json.size());
  const std::uint64_t data_begin = safetensors_length_bytes + header_bytes;
  SafeTensorsHeader header = parse_safetensors_header(json, size - data_begin, file);
  use(header, [&](const SafeTensorsEntry& entry, void* to) { read_entry(entry, data_begin, read, file, to); });
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

void read_safetensors(std::span<const std::byte> bytes, std::string_view name, UseSafeTensors use) {
  read_all(
      bytes.size(),
      [&](std::uint64_t offset, void* to, std::size_t count) {
        std::copy_n(bytes.data() + offset, count, static_cast<std::byte*>(to));
      },
      name, use);
}

void read_safetensors(const std::filesystem::path& path, UseSafeTensors use) {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(path, error);
  require<FileError>(!error, "safetensors: {}: {}; give a safetensors file", path.string(), error.message());
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  require<FileError>(file != nullptr, "safetensors: {}: {}", path.string(), std::strerror(errno));

  const std::string text = path.string();
  const auto read = [&](std::uint64_t offset, void* to, std::size_t count) {
    const bool there = fseeko(file.get(), static_cast<off_t>(offset), SEEK_SET) == 0;
    require<FileError>(there && std::fread(to, 1, count, file.get()) == count,
                       "safetensors: {}: {} bytes at {} cannot be read; did the file change meanwhile?", text, count,
                       offset);
  };
  read_all(size, read, text, use);
}

}  // namespace relume::io
