// Private. The bytes of a safetensors file, tensor by tensor, for whoever wants them in a form of its own.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "relume/base/function_ref.h"
#include "relume/io/safetensors_header.h"

namespace relume::io {

/// Copies the elements of an entry, in the machine's byte order, to where the pointer leads.
using ReadEntry = FunctionRef<void(const SafeTensorsEntry& entry, void* to)>;
/// Takes what it wants of a file that is open as long as it runs.
using UseSafeTensors = FunctionRef<void(SafeTensorsHeader& header, ReadEntry read)>;

/// Throw as load_safetensors().
void read_safetensors(const std::filesystem::path& path, UseSafeTensors use);
void read_safetensors(std::span<const std::byte> bytes, std::string_view name, UseSafeTensors use);

}  // namespace relume::io
