// For the library's own sources.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "relume/tensor/tensor.h"

namespace relume::data {

/// The array in the bytes of a .npy file; `where` begins the text of errors.
Tensor npy_from_bytes(std::span<const std::byte> bytes, const std::string& where);

}  // namespace relume::data
