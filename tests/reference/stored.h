// The references that the scripts beside this file made.
#pragma once

#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "relume/io/safetensors.h"

namespace relume {

inline io::SafeTensors stored_tensors(const std::string& name) {
  return io::load_safetensors(std::string(RELUME_SOURCE_DIR "/tests/reference/") + name + ".safetensors");
}

inline nlohmann::json stored_json(const std::string& name) {
  return nlohmann::json::parse(std::ifstream(std::string(RELUME_SOURCE_DIR "/tests/reference/") + name + ".json"));
}

/// The tensor of that name; throws where the file has none, so that a misspelt name cannot pass.
inline Tensor stored(const io::SafeTensors& file, std::string_view name) {
  Tensor found = file.find(name);
  if (!found.defined()) throw std::runtime_error("no reference named " + std::string(name));
  return found;
}

}  // namespace relume
