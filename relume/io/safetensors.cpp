#include "relume/io/safetensors.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <set>

#include <nlohmann/json.hpp>

#include "relume/base/atomic_file.h"
#include "relume/base/function_ref.h"
#include "relume/base/require.h"
#include "relume/data/byte_order.h"
#include "relume/io/safetensors_header.h"

namespace relume::io {
namespace {

constexpr std::size_t length_bytes = 8;

/// Copies `count` bytes, from `offset` on, to where the pointer leads; the caller asks for nothing beyond the end.
using ReadBytes = FunctionRef<void(std::uint64_t offset, void* to, std::size_t count)>;

void to_native_order(void* data, std::size_t bytes, std::size_t width) {
  if constexpr (std::endian::native == std::endian::big)
    data::reverse_bytes(static_cast<std::byte*>(data), bytes, width);
}

Tensor read_tensor(const SafeTensorsEntry& entry, std::uint64_t data_begin, ReadBytes read, std::string_view file) {
  Tensor tensor = empty(entry.shape, entry.dtype);
  if (tensor.bytes() == 0) return tensor;
  read(data_begin + entry.begin, tensor.raw_data(), tensor.bytes());
  to_native_order(tensor.raw_data(), tensor.bytes(), size_of(entry.dtype));
  if (entry.dtype == DType::bool_) {
    const auto* values = static_cast<const unsigned char*>(tensor.raw_data());
    require<InputError>(std::all_of(values, values + tensor.bytes(), [](unsigned char value) { return value <= 1; }),
                        "safetensors: {}: {} is BOOL but has bytes other than 0 and 1; write the file again", file,
                        excerpt(entry.name));
  }
  return tensor;
}

SafeTensors read_all(std::uint64_t size, ReadBytes read, std::string_view file) {
  require<InputError>(size >= length_bytes, "safetensors: {}: {} bytes are too few; is this a safetensors file?", file,
                      size);
  std::byte length[length_bytes];
  read(0, length, length_bytes);
  const auto header_bytes = data::load_little_endian<std::uint64_t>(length);
  require<InputError>(
      header_bytes <= max_header_bytes && header_bytes <= size - length_bytes,
      "safetensors: {}: a header of {} bytes does not fit a file of {}; is this a whole safetensors file?", file,
      header_bytes, size);

  std::string json(header_bytes, '\0');
  read(length_bytes, json.data(), json.size());
  const std::uint64_t data_begin = length_bytes + header_bytes;
  SafeTensorsHeader header = parse_safetensors_header(json, size - data_begin, file);

  SafeTensors content{{}, std::move(header.metadata)};
  for (SafeTensorsEntry& entry : header.entries) {
    Tensor tensor = read_tensor(entry, data_begin, read, file);
    content.tensors.emplace_back(std::move(entry.name), std::move(tensor));
  }
  return content;
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// The header's text, padded with blanks so that the data begins on a multiple of 8 bytes.
std::string header_text(const SafeTensors& content, const std::vector<std::uint64_t>& offsets) {
  nlohmann::ordered_json::object_t header;
  if (!content.metadata.empty()) header.emplace(metadata_key, content.metadata);
  for (std::size_t i = 0; i < content.tensors.size(); ++i) {
    const auto& [name, tensor] = content.tensors[i];
    header.push_back({name,
                      {{"dtype", safetensors_name(tensor.dtype())},
                       {"shape", std::vector<std::int64_t>(tensor.shape().begin(), tensor.shape().end())},
                       {"data_offsets", {offsets[i], offsets[i] + tensor.bytes()}}}});
  }
  std::string text = nlohmann::ordered_json(std::move(header)).dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

void check_tensors(const std::filesystem::path& path, const SafeTensors& content) {
  std::set<std::string_view> names{metadata_key};
  for (const auto& [name, tensor] : content.tensors) {
    require(tensor.defined(), "save_safetensors: {}: {} is undefined; give it a value or leave it out", path.string(),
            excerpt(name));
    require(names.insert(name).second, "save_safetensors: {}: the name {} is {}; choose another", path.string(),
            excerpt(name), name == metadata_key ? "the format's own" : "given twice");
  }
}

void write_tensor(AtomicFile& file, const Tensor& tensor) {
  if (tensor.elements() == 0) return;
  const Tensor dense = tensor.detach().contiguous();
  if constexpr (std::endian::native == std::endian::little) {
    file.write(dense.raw_data(), dense.bytes());
  } else {
    const Tensor turned = dense.clone();
    to_native_order(turned.raw_data(), turned.bytes(), size_of(turned.dtype()));
    file.write(turned.raw_data(), turned.bytes());
  }
}

}  // namespace

Tensor SafeTensors::find(std::string_view name) const {
  const auto found = std::ranges::find(tensors, name, &std::pair<std::string, Tensor>::first);
  return found == tensors.end() ? Tensor() : found->second;
}

SafeTensors parse_safetensors(std::span<const std::byte> bytes, std::string_view name) {
  return read_all(
      bytes.size(),
      [&](std::uint64_t offset, void* to, std::size_t count) {
        std::copy_n(bytes.data() + offset, count, static_cast<std::byte*>(to));
      },
      name);
}

SafeTensors load_safetensors(const std::filesystem::path& path) {
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
  return read_all(size, read, text);
}

void save_safetensors(const std::filesystem::path& path, const SafeTensors& content) {
  check_tensors(path, content);
  std::vector<std::size_t> order(content.tensors.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, std::greater{},
                           [&](std::size_t i) { return size_of(content.tensors[i].second.dtype()); });
  std::vector<std::uint64_t> offsets(order.size());
  std::uint64_t end = 0;
  for (std::size_t i : order) {
    offsets[i] = end;
    end += content.tensors[i].second.bytes();
  }

  std::string header;
  try {
    header = header_text(content, offsets);
  } catch (const nlohmann::json::type_error&) {
    fail("save_safetensors: {}: a name or a metadata text is not UTF-8; convert it", path.string());
  }
  require(header.size() <= max_header_bytes,
          "save_safetensors: {}: the header takes {} bytes, the format allows {}; store fewer tensors or less text",
          path.string(), header.size(), max_header_bytes);

  AtomicFile file(path);
  std::uint8_t length[length_bytes];
  for (std::size_t i = 0; i < length_bytes; ++i) length[i] = static_cast<std::uint8_t>(header.size() >> (8 * i));
  file.write(length, length_bytes);
  file.write(header);
  for (std::size_t i : order) write_tensor(file, content.tensors[i].second);
  file.commit();
}

}  // namespace relume::io
