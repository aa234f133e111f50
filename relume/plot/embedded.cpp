#include "relume/plot/embedded.h"

#include <zlib.h>

#include "relume/base/require.h"

namespace relume::plot {

std::string unpack(const Embedded& file) {
  if (file.bytes.empty()) return {};
  const unsigned char* size = file.bytes.data() + file.bytes.size() - 4;  // gzip ends in the size of what it holds
  std::string text(size[0] | size[1] << 8 | size[2] << 16 | static_cast<std::size_t>(size[3]) << 24, '\0');
  z_stream stream{};
  constexpr int gzip = 16;
  require(inflateInit2(&stream, MAX_WBITS + gzip) == Z_OK, "plot: there is no memory to unpack a page");
  stream.next_in = const_cast<unsigned char*>(file.bytes.data());
  stream.avail_in = static_cast<unsigned>(file.bytes.size());
  stream.next_out = reinterpret_cast<unsigned char*>(text.data());
  stream.avail_out = static_cast<unsigned>(text.size());
  const int code = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  require(code == Z_STREAM_END, "plot: a file in the library is damaged");
  return text;
}

}  // namespace relume::plot
