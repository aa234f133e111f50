#include "relume/io/safetensors.h"

#include <algorithm>
#include <bit>
#include <set>

#include <nlohmann/json.hpp>

#include "relume/base/atomic_file.h"
#include "relume/base/function_ref.h"
#include "relume/base/require.h"
#include "relume/data/byte_order.h"
#include "relume/io/safetensors_header.h"
#include "relume/io/safetensors_reader.h"

namespace relume::io {
namespace {

SafeTensors content_of(SafeTensorsHeader& header, ReadEntry read) {
  SafeTensors content{{}, std::move(header.metadata)};
  for (SafeTensorsEntry& entry : header.entries) {
    Tensor tensor = empty(entry.shape, entry.dtype);
    read(entry, tensor.raw_data());
    content.tensors.emplace_back(std::move(entry.name), std::move(tensor));
  }
  return content;
}

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
    data::reverse_bytes(static_cast<std::byte*>(turned.raw_data()), turned.bytes(), size_of(turned.dtype()));
    file.write(turned.raw_data(), turned.bytes());
  }
}

}  // namespace

Tensor SafeTensors::find(std::string_view name) const {
  const auto found = std::ranges::find(tensors, name, &std::pair<std::string, Tensor>::first);
  return found == tensors.end() ? Tensor() : found->second;
}

SafeTensors parse_safetensors(std::span<const std::byte> bytes, std::string_view name) {
  SafeTensors content;
  read_safetensors(bytes, name, [&](SafeTensorsHeader& header, ReadEntry read) { content = content_of(header, read); });
  return content;
}

SafeTensors load_safetensors(const std::filesystem::path& path) {
  SafeTensors content;
  read_safetensors(path, [&](SafeTensorsHeader& header, ReadEntry read) { content = content_of(header, read); });
  return content;
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
  std::uint8_t length[safetensors_length_bytes];
  for (std::size_t i = 0; i < safetensors_length_bytes; ++i)
    length[i] = static_cast<std::uint8_t>(header.size() >> (8 * i));
  file.write(length, sizeof length);
  file.write(header);
  for (std::size_t i : order) write_tensor(file, content.tensors[i].second);
  file.commit();
}

}  // namespace relume::io
