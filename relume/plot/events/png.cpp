#include "relume/plot/events/png.h"

#include "relume/base/require.h"

#if RELUME_HAVE_PNG
#include <png.h>
#endif

namespace relume::plot {

std::string grey_png(std::span<const std::uint8_t> pixels, std::int32_t width, std::int32_t height) {
  require(
      width > 0 && height > 0 && pixels.size() == static_cast<std::size_t>(width) * static_cast<std::size_t>(height),
      "png: {} pixels are no picture of {} × {}", pixels.size(), width, height);
#if RELUME_HAVE_PNG
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = PNG_FORMAT_GRAY;
  std::string bytes(PNG_IMAGE_PNG_SIZE_MAX(image), '\0');
  png_alloc_size_t size = bytes.size();
  png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr);
  require<Error>(!PNG_IMAGE_FAILED(image), "png: {}", static_cast<const char*>(image.message));
  bytes.resize(size);
  return bytes;
#else
  return {};
#endif
}

}  // namespace relume::plot
