// Private. A model's file of whatever kind.
#pragma once

#include <filesystem>

#include "relume/io/model.h"

namespace relume::app {

/// What a run of relume left, or an .onnx. Throws InputError.
io::Model read_model(const std::filesystem::path& path);

/// Throws InputError: this relume was built without what reads and writes ONNX.
[[noreturn]] void fail_without_onnx(const std::filesystem::path& path);

}  // namespace relume::app
