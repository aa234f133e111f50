// Private. The checksum of TensorBoard's event files.
#pragma once

#include <cstdint>
#include <string_view>

namespace relume::plot {

/// The Castagnoli checksum (RFC 3720, appendix B.4), which guards the records of an event file.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace relume::plot
