// Private. The JSON header of a safetensors file, checked against the data that follows it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "relume/base/dtype.h"
#include "relume/base/shape.h"

namespace relume::io {

/// The key of the header that holds texts instead of a tensor.
inline constexpr std::string_view metadata_key = "__metadata__";

/// The file begins with the length of the header, in so many bytes.
inline constexpr std::size_t safetensors_length_bytes = 8;

/// The longest header that the format allows, in bytes.
inline constexpr std::uint64_t max_header_bytes = 100'000'000;

/// Where a tensor lies: bytes [begin, end) after the header.
struct SafeTensorsEntry {
  std::string name;
  DType dtype = DType::float32;
  Shape shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct SafeTensorsHeader {
  std::vector<SafeTensorsEntry> entries;
  std::map<std::string, std::string> metadata;
};

/// Reads the header and makes sure that the entries cover `data_bytes` bytes exactly, without overlap. `file` names the
/// file in errors. Throws InputError.
SafeTensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t data_bytes, std::string_view file);

/// The format's name of a dtype: "F32".
std::string_view safetensors_name(DType dtype);

/// A text from a file, short and on one line, for errors.
std::string excerpt(std::string_view text);

}  // namespace relume::io
