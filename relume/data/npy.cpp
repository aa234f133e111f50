#include "relume/data/npy.h"

#include <bit>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>
#include <unordered_map>
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

std::string_view without_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return text;
}

/// What stands after 'key': or "key": in the header's dictionary, which is Python's text.
std::string_view value_of(std::string_view header, std::string_view key, const std::string& where) {
  for (const char quote : {'\'', '"'}) {
    const std::string quoted = fmt::format("{0}{1}{0}", quote, key);
    const std::size_t at = header.find(quoted);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = without_blanks(header.substr(at + quoted.size()));
    if (rest.starts_with(':')) return without_blanks(rest.substr(1));
  }
  damaged(where, fmt::format("the header has no '{}'", key));
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

/// '<f8', "|b1", 'f8': byte order, kind and bytes an element.
void parse_type(std::string_view text, Header& header, const std::string& where) {
  const std::size_t close = text.empty() ? text.npos : text.find(text[0], 1);
  if (text.starts_with('[') || text.starts_with('('))
    fail<InputError>(
        "npy: {}: an array of records, whose fields cannot be read together; save each as an array of its own", where);
  if (close == text.npos || close < 2 || (text[0] != '\'' && text[0] != '"'))
    damaged(where, "the header's type is no text");
  std::string_view type = text.substr(1, close - 1);
  if (std::string_view("<>|=").find(type[0]) != std::string_view::npos) {
    header.order = type[0];
    type.remove_prefix(1);
  }
  header.kind = type.empty() ? '?' : type[0];
  for (const char c : type.substr(std::min<std::size_t>(1, type.size()))) {
    if (c < '0' || c > '9' || header.width > 1'000'000) break;
    header.width = header.width * 10 + static_cast<std::size_t>(c - '0');
  }
}

Header parse_header(std::string_view text, const std::string& where) {
  Header header;
  parse_type(value_of(text, "descr", where), header, where);
  header.fortran = value_of(text, "fortran_order", where).starts_with("True");
  header.shape = parse_shape(value_of(text, "shape", where), where);
  return header;
}

/// Why elements of that type are not read, and what to do.
std::string why_not(const Header& header) {
  switch (header.kind) {
    case 'O': return "Python objects (pickled), which are not read; save it as numbers or as text: y.astype(str)";
    case 'c': return "complex numbers, which a network does not take; save real and imaginary part as columns";
    case 'M': return "dates, which are not read; save it as numbers: (t - t[0]) / np.timedelta64(1, 's')";
    case 'm': return "spans of time, which are not read; save it as numbers: t / np.timedelta64(1, 's')";
    case 'f': return "floats of another width than 2, 4 or 8 bytes; save it with astype('float64')";
    case 'V': return "raw bytes (as of bfloat16 or of records); save it with astype('float32')";
    default: return "of a type that is not read; save it as float32, int64 or text";
  }
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
  fail<InputError>("npy: {}: elements of type '{}{}' are {}", where, header.kind,
                   header.width > 0 ? std::to_string(header.width) : "", why_not(header));
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

/// The bytes of all elements, row-major and in this machine's byte order.
void take_elements(const Header& header, std::span<const std::byte> data, std::size_t unit, std::span<std::byte> out) {
  if (header.fortran && header.shape.dimensions() > 1)
    transpose_fortran(data, out.data(), header.shape, header.width);
  else
    std::memcpy(out.data(), data.data(), out.size());
  constexpr char foreign = std::endian::native == std::endian::little ? '>' : '<';
  if (header.order == foreign) reverse_bytes(out.data(), out.size(), unit);
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

/// Whether the code is a character's, which is then put behind the text.
bool append_utf8(std::string& text, char32_t code) {
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
  const auto tail = [&](int shift) { text += static_cast<char>(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xc0 | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    text += static_cast<char>(0xe0 | code >> 12);
    tail(6), tail(0);
  } else {
    text += static_cast<char>(0xf0 | code >> 18);
    tail(12), tail(6), tail(0);
  }
  return true;
}

Tensor number_array(const Header& header, DType dtype, std::span<const std::byte> data, const std::string& where) {
  Tensor array = empty(header.shape, dtype);
  const std::size_t size = static_cast<std::size_t>(array.elements()) * header.width;
  auto* elements = static_cast<std::byte*>(array.raw_data());
  if (header.kind != 'u' || header.width == 1) {
    take_elements(header, data, header.width, {elements, size});
    if (header.kind == 'b')
      for (std::byte& b : std::span(elements, size)) b = b == std::byte{0} ? b : std::byte{1};
    return array;
  }
  std::vector<std::byte> narrow(size);
  take_elements(header, data, header.width, narrow);
  if (header.width == 2)
    widen<std::uint16_t>(narrow, array.data<std::int32_t>(), where);
  else if (header.width == 4)
    widen<std::uint32_t>(narrow, array.data<std::int64_t>(), where);
  else
    widen<std::uint64_t>(narrow, array.data<std::int64_t>(), where);
  return array;
}

/// The text of one element as UTF-8, without the zeros that fill it up.
std::string text_of(std::span<const std::byte> element, bool is_unicode, const std::string& where) {
  std::string text;
  const std::size_t unit = is_unicode ? sizeof(char32_t) : 1;
  for (std::size_t at = 0; at < element.size(); at += unit) {
    char32_t code = std::to_integer<unsigned char>(element[at]);
    if (is_unicode) std::memcpy(&code, element.data() + at, sizeof code);
    if (!is_unicode && code >= 0x80)
      damaged(where, "bytes beyond ASCII, whose encoding is not said; make it text with numpy.char.decode");
    if (!append_utf8(text, code)) damaged(where, "the text holds a code that is no character");
  }
  text.resize(text.find_last_not_of('\0') + 1);
  return text;
}

TextArray text_array(const Header& header, std::span<const std::byte> data, const std::string& where) {
  const std::size_t count = static_cast<std::size_t>(header.shape.elements());
  const bool is_unicode = header.kind == 'U';
  std::vector<std::byte> elements(count * header.width);
  take_elements(header, data, is_unicode ? sizeof(char32_t) : 1, elements);
  TextArray array{header.shape, {.kind = ColumnKind::text}};
  Column& column = array.column;
  column.codes.reserve(count);
  std::unordered_map<std::string, std::int32_t> code_of;
  for (std::size_t i = 0; i < count; ++i) {
    std::string text = text_of(std::span(elements).subspan(i * header.width, header.width), is_unicode, where);
    if (text.empty() || text == "nan") {
      column.codes.push_back(-1);
      continue;
    }
    const auto [found, added] = code_of.emplace(std::move(text), static_cast<std::int32_t>(column.values.size()));
    if (added) column.values.push_back(found->first);
    column.codes.push_back(found->second);
  }
  return array;
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

NpyArray npy_from_bytes(std::span<const std::byte> bytes, const std::string& where) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with("\x93NUMPY")) damaged(where, "does not begin with NumPy's magic bytes");
  if (bytes.size() < 12) damaged(where, "ends inside of the header");
  const auto version = std::to_integer<int>(bytes[6]);
  if (version < 1 || version > 3) damaged(where, fmt::format("format {} is unknown", version));
  const std::size_t start = version == 1 ? 10 : 12;
  const std::size_t length = version == 1 ? load_little_endian<std::uint16_t>(bytes.data() + 8)
                                          : load_little_endian<std::uint32_t>(bytes.data() + 8);
  if (length > bytes.size() - start) damaged(where, "ends inside of the header");
  Header header = parse_header(text.substr(start, length), where);
  const bool is_text = header.kind == 'U' || header.kind == 'S';
  if (header.kind == 'U') header.width *= sizeof(char32_t);
  const DType dtype = is_text ? uint8 : dtype_of(header, where);

  const std::span<const std::byte> data = bytes.subspan(start + length);
  for (const std::int64_t size : header.shape)
    require<InputError>(size != 0, "npy: {}: the array is {}, which is empty; give one with rows", where, header.shape);
  if (header.width == 0 || !fits(header.shape, data.size() / header.width))
    damaged(where, fmt::format("the header says {} elements of {} bytes but {} bytes follow", to_string(header.shape),
                               header.width, data.size()));
  if (is_text) return text_array(header, data, where);
  return number_array(header, dtype, data, where);
}

Tensor numbers_of(NpyArray array, const std::string& where) {
  if (const auto* text = std::get_if<TextArray>(&array))
    fail<InputError>("npy: {}: elements are text ('{}'), where numbers are due; save it as numbers", where,
                     text->column.values.empty() ? "" : text->column.values.front().substr(0, 40));
  return std::get<Tensor>(std::move(array));
}

Tensor read_npy(const std::filesystem::path& path) {
  ByteSource source(path);
  return numbers_of(npy_from_bytes(read_all(source), path.string()), path.string());
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
