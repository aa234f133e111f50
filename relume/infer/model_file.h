// Private. From a model's file to what runs, without the modules of a network: quick to start, and small.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "relume/infer/frozen.h"
#include "relume/io/model.h"

namespace relume::infer {

struct ModelFile {
  io::Model model;  ///< without a network
  Frozen network;   ///< as freeze() gives it of the model with its network
};

/// Throw as io::Model::load() and freeze().
ModelFile load_model_file(const std::filesystem::path& path);
ModelFile parse_model_file(std::span<const std::byte> file, std::string_view name);

}  // namespace relume::infer
