// Private. CRC-32, as zip and gzip have it.
#pragma once

#include <cstddef>
#include <cstdint>

#include <zlib.h>

namespace relume::data {

/// The checksum of what `before` is of, and these bytes behind it. (Of no address zlib gives that of nothing.)
inline std::uint32_t checksum(std::uint32_t before, const void* data, std::size_t bytes) {
  return bytes == 0 ? before : static_cast<std::uint32_t>(crc32_z(before, static_cast<const Bytef*>(data), bytes));
}

}  // namespace relume::data
