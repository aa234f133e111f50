// Public. All that training needs to go on where it stopped, in one file.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "relume/tensor/tensor.h"

namespace relume::io {

/// The tensors (parameters, buffers, optimizer state) by name, and the rest (epoch, step, random number generators,
/// history) as the text of a JSON object.
struct Checkpoint {
  std::vector<std::pair<std::string, Tensor>> tensors;
  std::string state = "{}";
};

/// Writes a safetensors file that holds `state` in its metadata, whole or not at all. Throws ValueError where `state`
/// is not JSON or a tensor cannot be stored, FileError where the file cannot be written.
void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);

/// Throws FileError where the file cannot be read, InputError where it is no checkpoint of relume's or a bit of it has
/// changed.
Checkpoint load_checkpoint(const std::filesystem::path& path);

}  // namespace relume::io
