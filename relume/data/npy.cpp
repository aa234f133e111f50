#include "relume/data/npy.h"

#include <bit>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "relume/base/atomic_file.h"
#include "relume/base/require.h"
#include "relume/data/byte_order.h"
#include "relume/data/byte_source.h"
#include "relume/data/claimed_shape.h"
#include "relume/data/npy_bytes.h"

namespace relume::data {
namespace {

using namespace std::string_view_literals;

struct Header {
  char order = '|';
  char kind = 0;
  std::size_t width = 0;
  bool fortran = false;
  Shape shape;
};

[[noreturn]] void damaged(const std::string& where, std::string_view what) {
  fail<InputError>("npy: {}: {}; save the array again with numpy.save", where, what);
}

/// What stands after 'key': in the header's dictionary.
std::string_view value_of(std::string_view header, std::string_view key, const std::string& where) {
  const std::string quoted = fmt::format("'{}':", key);
  const std::size_t at = header.find(quoted);
  if (at == std::string_view::npos) damaged(where, fmt::format("the header has no '{}'", key));
  header.remove_prefix(at + quoted.size());
  header.remove_prefix(std::min(header.find_first_not_of(' '), header.size()));
  return header;
}

Shape parse_shape(std::string_view text, const std::string& where) {
  const std::size_t close = text.find(')');
  if (!text.starts_with('(') || close == std::string_view::npos) damaged(where, "the header's shape is no tuple");
  Shape shape;
  std::uint64_t size = 0;
  bool digits = false;
  for (const char c : text.substr(1, close)) {
    if (c >= '0' && c <= '9') {
      size = size * 10 + static_cast<unsigned>(c - '0');
      digits = true;
      if (size > 1ull << 48) damaged(where, "a size in the header is too large");
    } else if (c == ',' || c == ')') {
      if (digits && shape.dimensions() == Shape::max_dimensions) damaged(where, "more than eight dimensions");
      if (digits) shape.push_back(static_cast<std::int64_t>(size));
      size = 0;
      digits = false;
    } else if (c != ' ' && c != 'L') {
      damaged(where, "the header's shape is no tuple of numbers");
    }
  }
  return shape;
}

Header parse_header(std::string_view text, const std::string& where) {
  Header header;
  const std::string_view type = value_of(text, "descr", where);
  if (type.size() < 5 || type[0] != '\'') damaged(where, "records cannot be read, plain arrays of numbers can");
  header.order = type[1];
  header.kind = type[2];
  for (std::size_t i = 3; i < type.size() && type[i] >= '0' && type[i] <= '9' && header.width < 100; ++i)
    header.width = header.width * 10 + static_cast<std::size_t>(type[i] - '0');
  header.fortran = value_of(text, "fortran_order", where).starts_with("True");
  header.shape = parse_shape(value_of(text, "shape", where), where);
  return header;
}

/// The dtype that holds the file's elements.
DType dtype_of(const Header& header, const std::string& where) {
  switch (header.kind) {
    case 'f':
      if (header.width == 2) return float16;
      if (header.width == 4) return float32;
      if (header.width == 8) return float64;
      break;
    case 'i':
      if (header.width == 1) return int8;
      if (header.width == 2) return int16;
      if (header.width == 4) return int32;
      if (header.width == 8) return int64;
      break;
    case 'u':
      if (header.width == 1) return uint8;
      if (header.width == 2) return int32;
      if (header.width == 4 || header.width == 8) return int64;
      break;
    case 'b':
      if (header.width == 1) return bool_;
      break;
    default: break;
  }
  fail<InputError>("npy: {}: elements of type '{}{}' cannot be read; save it as float32 or int64", where, header.kind,
                   header.width);
}

/// Row-major from column-major.
void transpose_fortran(std::span<const std::byte> in, std::byte* out, const Shape& shape, std::size_t width) {
  const std::int64_t n = shape.elements();
  const int dimensions = shape.dimensions();
  Shape index = shape, strides = shape;
  std::int64_t stride = 1;
  for (int d = 0; d < dimensions; ++d) {
    strides[d] = stride;
    stride *= shape[d];
    index[d] = 0;
  }
  std::int64_t from = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    std::memcpy(out + static_cast<std::size_t>(i) * width, in.data() + static_cast<std::size_t>(from) * width, width);
    for (int d = dimensions - 1; d >= 0; --d) {
      from += strides[d];
      if (++index[d] < shape[d]) break;
      from -= strides[d] * shape[d];
      index[d] = 0;
    }
  }
}

template <class From, class To>
void widen(const std::vector<std::byte>& in, To* out, const std::string& where) {
  for (std::size_t i = 0; i < in.size() / sizeof(From); ++i) {
    From value;
    std::memcpy(&value, in.data() + i * sizeof(From), sizeof(From));
    if (std::uint64_t{value} > static_cast<std::uint64_t>(std::numeric_limits<To>::max()))
      fail<ValueError>("npy: {}: {} does not fit into int64; save smaller numbers", where, value);
    out[i] = static_cast<To>(value);
  }
}

std::string_view descr_of(DType dtype) {
  switch (dtype) {
    case DType::float64: return "<f8";
    case DType::float16: return "<f2";
    case DType::int8: return "|i1";
    case DType::int16: return "<i2";
    case DType::int32: return "<i4";
    case DType::int64: return "<i8";
    case DType::uint8: return "|u1";
    case DType::bool_: return "|b1";
    default: return "<f4";
  }
}

}  // namespace

Tensor npy_from_bytes(std::span<const std::byte> bytes, const std::string& where) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with("\x93NUMPY")) damaged(where, "does not begin with NumPy's magic bytes");
  if (bytes.size() < 12) damaged(where, "ends inside of the header");
  const auto version = std::to_integer<int>(bytes[6]);
  if (version < 1 || version > 3) damaged(where, fmt::format("format {} is unknown", version));
  const std::size_t start = version == 1 ? 10 : 12;
  const std::size_t length = version == 1 ? load_little_endian<std::uint16_t>(bytes.data() + 8)
                                          : load_little_endian<std::uint32_t>(bytes.data() + 8);
  if (length > bytes.size() - start) damaged(where, "ends inside of the header");
  const Header header = parse_header(text.substr(start, length), where);
  const DType dtype = dtype_of(header, where);

  const std::span<const std::byte> data = bytes.subspan(start + length);
  for (const std::int64_t size : header.shape)
    if (size == 0) damaged(where, "the array is empty");
  if (!fits(header.shape, data.size() / header.width))
    damaged(where, fmt::format("the header says {} elements of {} bytes but {} bytes follow", to_string(header.shape),
                               header.width, data.size()));

  Tensor array = empty(header.shape, dtype);
  std::vector<std::byte> elements(static_cast<std::size_t>(array.elements()) * header.width);
  if (header.fortran && header.shape.dimensions() > 1) {
    transpose_fortran(data, elements.data(), header.shape, header.width);
  } else {
    std::memcpy(elements.data(), data.data(), elements.size());
  }
  constexpr char foreign = std::endian::native == std::endian::little ? '>' : '<';
  if (header.order == foreign) reverse_bytes(elements.data(), elements.size(), header.width);

  if (header.kind == 'u' && header.width == 2) {
    widen<std::uint16_t>(elements, array.data<std::int32_t>(), where);
  } else if (header.kind == 'u' && header.width == 4) {
    widen<std::uint32_t>(elements, array.data<std::int64_t>(), where);
  } else if (header.kind == 'u' && header.width == 8) {
    widen<std::uint64_t>(elements, array.data<std::int64_t>(), where);
  } else {
    if (header.kind == 'b')
      for (std::byte& b : elements) b = b == std::byte{0} ? b : std::byte{1};
    std::memcpy(array.raw_data(), elements.data(), elements.size());
  }
  return array;
}

Tensor read_npy(const std::filesystem::path& path) {
  ByteSource source(path);
  return npy_from_bytes(read_all(source), path.string());
}

void write_npy(const std::filesystem::path& path, const Tensor& tensor) {
  static_assert(std::endian::native == std::endian::little, "write_npy writes the machine's own byte order as '<'");
  const Tensor dense = (tensor.dtype() == bfloat16 ? tensor.to(float32) : tensor).contiguous();
  std::string shape;
  for (const std::int64_t size : dense.shape()) shape += fmt::format("{}, ", size);
  if (dense.dimensions() > 1) shape.resize(shape.size() - 2);
  if (dense.dimensions() == 1) shape.pop_back();
  std::string header =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr_of(dense.dtype()), shape);
  // Data begins at a multiple of 64 bytes, and the header ends in a newline.
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  AtomicFile file(path);
  const char length[2] = {static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
  file.write("\x93NUMPY\x01\x00"sv);
  file.write(std::string_view(length, 2));
  file.write(header);
  file.write(dense.raw_data(), dense.bytes());
  file.commit();
}

}  // namespace relume::data
