// Public. Named tensors in a file of the safetensors format, which PyTorch, JAX and others read.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "relume/tensor/tensor.h"

namespace relume::io {

/// What a safetensors file holds: tensors in the order of its header, and free texts by name.
struct SafeTensors {
  std::vector<std::pair<std::string, Tensor>> tensors;
  std::map<std::string, std::string> metadata;

  /// The tensor of that name, or an undefined one.
  Tensor find(std::string_view name) const;
};

/// Reads a file with every dtype that relume has (F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL); the tensors are copies and
/// need the file no more. Throws FileError where the file cannot be read, InputError where it is damaged, holds another
/// dtype or more than eight dimensions. Source: the safetensors format, https://github.com/huggingface/safetensors.
SafeTensors load_safetensors(const std::filesystem::path& path);

/// The same from memory; `name` stands for the path in errors.
SafeTensors parse_safetensors(std::span<const std::byte> bytes, std::string_view name);

/// Writes the file whole or not at all. The header keeps the order of the tensors; the data is ordered by the size of
/// its elements, so that each tensor is aligned to them. Throws ValueError for an undefined tensor, a name given
/// twice, the reserved name "__metadata__" and text that is not UTF-8; FileError where the file cannot be written.
void save_safetensors(const std::filesystem::path& path, const SafeTensors& content);

}  // namespace relume::io
