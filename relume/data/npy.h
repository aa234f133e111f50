// Public. NumPy's array files.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "relume/tensor/tensor.h"

namespace relume::data {

/// The array of a .npy file (format 1 to 3; little or big endian; C or Fortran order), row-major. float16/32/64,
/// int8/16/32/64, uint8 and bool keep their type; uint16 becomes int32, uint32 and uint64 become int64 (a ValueError
/// where a value does not fit). Throws InputError on damaged files and on other types. Source: numpy.lib.format.
Tensor read_npy(const std::filesystem::path& path);

/// Writes the tensor in format 1. bfloat16 is written as float32, which holds its values exactly.
void write_npy(const std::filesystem::path& path, const Tensor& tensor);

/// The arrays of a .npz file (a zip of .npy files, stored or deflated) by name without ".npy". Throws InputError on
/// damaged archives.
std::map<std::string, Tensor> read_npz(const std::filesystem::path& path);

}  // namespace relume::data
