// Private. Pictures as PNG files.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace relume::plot {

/// The bytes of a PNG file (ISO 15948) of width × height grey pixels, 0 black to 255 white, row by row. Empty in a
/// build without libpng. Throws ValueError where there are more or fewer pixels.
std::string grey_png(std::span<const std::uint8_t> pixels, std::int32_t width, std::int32_t height);

}  // namespace relume::plot
