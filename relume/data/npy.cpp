#include "relume/data/npy.h"

#include <algorithm>
#include <array>
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

/// Records of thousands of fields stay below it.
constexpr std::size_t longest_header = 1 << 20;

struct NpyHeader {
  char order = '|';
  char kind = 0;
  std::size_t width = 0;
  bool fortran = false;
  Shape shape;
  std::size_t bytes = 0;  // of the header itself
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
void parse_type(std::string_view text, NpyHeader& header, const std::string& where) {
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

NpyHeader parse_header(std::string_view text, const std::string& where) {
  NpyHeader header;
  parse_type(value_of(text, "descr", where), header, where);
  header.fortran = value_of(text, "fortran_order", where).starts_with("True");
  header.shape = parse_shape(value_of(text, "shape", where), where);
  return header;
}

/// Why elements of that type are not read, and what to do.
std::string why_not(const NpyHeader& header) {
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
DType dtype_of(const NpyHeader& header, const std::string& where) {
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

[[noreturn]] void too_few(const NpyHeader& header, std::size_t bytes, const std::string& where) {
  damaged(where, fmt::format("the header says {} elements of {} bytes but {} bytes follow", to_string(header.shape),
                             header.width, bytes));
}

/// Reads the bytes of all elements, row-major and in this machine's byte order.
void read_elements(const NpyHeader& header, ReadBytes read, std::size_t unit, std::span<std::byte> out,
                   const std::string& where) {
  const auto fill = [&](std::span<std::byte> bytes) {
    if (const std::size_t got = read(bytes); got != bytes.size()) too_few(header, got, where);
  };
  if (header.fortran && header.shape.dimensions() > 1) {
    std::vector<std::byte> columns(out.size());
    fill(columns);
    transpose_fortran(columns, out.data(), header.shape, header.width);
  } else {
    fill(out);
  }
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

Tensor number_array(const NpyHeader& header, DType dtype, ReadBytes read, const std::string& where) {
  Tensor array = empty(header.shape, dtype);
  const std::size_t size = static_cast<std::size_t>(array.elements()) * header.width;
  auto* elements = static_cast<std::byte*>(array.raw_data());
  if (header.kind != 'u' || header.width == 1) {
    read_elements(header, read, header.width, {elements, size}, where);
    if (header.kind == 'b')
      for (std::byte& b : std::span(elements, size)) b = b == std::byte{0} ? b : std::byte{1};
    return array;
  }
  std::vector<std::byte> narrow(size);
  read_elements(header, read, header.width, narrow, where);
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

TextArray text_array(const NpyHeader& header, ReadBytes read, const std::string& where) {
  const std::size_t count = static_cast<std::size_t>(header.shape.elements());
  const bool is_unicode = header.kind == 'U';
  std::vector<std::byte> elements(count * header.width);
  read_elements(header, read, is_unicode ? sizeof(char32_t) : 1, elements, where);
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

NpyHeader read_header(ReadBytes read, const std::string& where) {
  std::array<std::byte, 12> start{};
  const auto fill = [&](std::span<std::byte> bytes) {
    if (read(bytes) != bytes.size()) damaged(where, "ends inside of the header");
  };
  const std::span first = std::span(start).first(10);
  const std::string_view magic(reinterpret_cast<const char*>(start.data()), 6);
  const std::size_t got = read(first);
  if (magic != "\x93NUMPY") damaged(where, "does not begin with NumPy's magic bytes");
  if (got < first.size()) damaged(where, "ends inside of the header");
  const auto version = std::to_integer<int>(start[6]);
  if (version < 1 || version > 3) damaged(where, fmt::format("format {} is unknown", version));
  if (version > 1) fill(std::span(start).last(2));
  const std::size_t length = version == 1 ? load_little_endian<std::uint16_t>(start.data() + 8)
                                          : load_little_endian<std::uint32_t>(start.data() + 8);
  if (length > longest_header) damaged(where, "the header is longer than any array's");
  std::string text(length, ' ');
  fill(std::as_writable_bytes(std::span(text)));
  NpyHeader header = parse_header(text, where);
  if (header.kind == 'U') header.width *= sizeof(char32_t);
  header.bytes = (version == 1 ? 10 : 12) + length;
  return header;
}

}  // namespace

Shape read_npy_shape(ReadBytes read, const std::string& where) { return read_header(read, where).shape; }

NpyArray read_npy(ReadBytes read, std::size_t most, const std::string& where) {
  const NpyHeader header = read_header(read, where);
  const bool is_text = header.kind == 'U' || header.kind == 'S';
  const DType dtype = is_text ? uint8 : dtype_of(header, where);
  for (const std::int64_t size : header.shape)
    require<InputError>(size != 0, "npy: {}: the array is {}, which is empty; give one with rows", where, header.shape);
  const std::size_t rest = most - std::min(most, header.bytes);
  if (header.width == 0 || !fits(header.shape, rest / header.width)) too_few(header, rest, where);
  if (is_text) return text_array(header, read, where);
  return number_array(header, dtype, read, where);
}

Tensor numbers_of(NpyArray array, const std::string& where) {
  if (const auto* text = std::get_if<TextArray>(&array))
    fail<InputError>("npy: {}: elements are text ('{}'), where numbers are due; save it as numbers", where,
                     text->column.values.empty() ? "" : text->column.values.front().substr(0, 40));
  return std::get<Tensor>(std::move(array));
}

Tensor read_npy(const std::filesystem::path& path) {
  ByteSource source(path);
  const auto read = [&source](std::span<std::byte> buffer) { return source.read(buffer); };
  return numbers_of(read_npy(read, source.most_bytes(), path.string()), path.string());
}

std::string_view npy_descr(DType dtype) {
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

std::string npy_header(std::string_view descr, const Shape& sizes) {
  std::string type(descr);  // the values are written as the machine has them
  if (std::endian::native == std::endian::big && type[0] == '<') type[0] = '>';
  std::string shape;
  for (const std::int64_t size : sizes) shape += fmt::format("{}, ", size);
  if (sizes.dimensions() > 1) shape.resize(shape.size() - 2);
  if (sizes.dimensions() == 1) shape.pop_back();
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", type, shape);
  // Data begins at a multiple of 64 bytes, and the header ends in a newline.
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  std::string start("\x93NUMPY\x01\x00"sv);
  start += static_cast<char>(header.size() & 0xff);
  start += static_cast<char>(header.size() >> 8);
  return start + header;
}

void write_npy(const std::filesystem::path& path, const Tensor& tensor) {
  const Tensor dense = (tensor.dtype() == bfloat16 ? tensor.to(float32) : tensor).contiguous();
  AtomicFile file(path);
  file.write(npy_header(npy_descr(dense.dtype()), dense.shape()));
  file.write(dense.raw_data(), dense.bytes());
  file.commit();
}

}  // namespace relume::data
