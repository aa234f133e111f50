#include "relume/io/safetensors_header.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include "relume/base/require.h"

namespace relume::io {
namespace {

using Json = nlohmann::json;

struct NamedDType {
  std::string_view name;
  DType dtype;
};

constexpr NamedDType dtypes[] = {{"F64", float64}, {"F32", float32}, {"F16", float16}, {"BF16", bfloat16},
                                 {"I64", int64},   {"I32", int32},   {"I16", int16},   {"I8", int8},
                                 {"U8", uint8},    {"BOOL", bool_}};

/// Follows the JSON text as it is read, so that nothing is built which the format does not have: the root is an object
/// of objects; only an entry's shape and offsets lie deeper.
class HeaderReader final : public nlohmann::json_sax<Json> {
 public:
  explicit HeaderReader(std::string_view file) : file_(file) {}

  SafeTensorsHeader take() { return std::move(header_); }

  bool start_object(std::size_t) override {
    if (place_ == Place::outside) return go(Place::root);
    if (place_ != Place::root) wrong("an object");
    if (name_ == metadata_key) return go(Place::metadata);
    header_.entries.emplace_back().name = name_;
    fields_ = {};
    return go(Place::entry);
  }

  bool key(std::string& text) override {
    if (place_ != Place::root) {
      field_ = text;
      return true;
    }
    name_ = text;
    require<InputError>(names_.insert(text).second, "safetensors: {}: {} stands there twice; write the file again",
                        file_, excerpt(text));
    return true;
  }

  bool end_object() override {
    if (place_ == Place::root) return go(Place::outside);
    if (place_ == Place::entry) finish_entry();
    return go(Place::root);
  }

  bool string(std::string& text) override {
    if (place_ == Place::metadata) {
      require<InputError>(header_.metadata.emplace(field_, text).second,
                          "safetensors: {}: {} stands twice in the metadata; write the file again", file_,
                          excerpt(field_));
    } else if (place_ == Place::entry && field_ == "dtype" && !fields_.dtype) {
      fields_.dtype = dtype_of(text);
    } else {
      wrong("a text");
    }
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ == Place::entry && field_ == "shape" && !fields_.shape) {
      fields_.shape.emplace();
      return go(Place::shape);
    }
    if (place_ == Place::entry && field_ == "data_offsets" && fields_.offset_count == 0) return go(Place::offsets);
    wrong("an array");
  }

  bool number_unsigned(std::uint64_t number) override {
    if (place_ == Place::shape) {
      require<InputError>(fields_.shape->dimensions() < Shape::max_dimensions,
                          "safetensors: {}: {} has more than {} dimensions; reshape it before saving it", file_,
                          excerpt(name_), Shape::max_dimensions);
      require<InputError>(number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()),
                          "safetensors: {}: {} has a dimension of size {}; copy the file again", file_, excerpt(name_),
                          number);
      fields_.shape->push_back(static_cast<std::int64_t>(number));
    } else if (place_ == Place::offsets && fields_.offset_count < 2) {
      fields_.offsets[fields_.offset_count++] = number;
    } else {
      wrong("a number");
    }
    return true;
  }

  bool end_array() override { return go(Place::entry); }
  bool null() override { wrong("null"); }
  bool boolean(bool) override { wrong("a truth value"); }
  bool number_integer(std::int64_t) override { wrong("a negative number"); }
  bool number_float(double, const std::string&) override { wrong("a fraction"); }
  bool binary(Json::binary_t&) override { wrong("binary data"); }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    fail<InputError>("safetensors: {}: the header is not JSON at its byte {}; is this a safetensors file?", file_,
                     position);
  }

 private:
  enum class Place { outside, root, metadata, entry, shape, offsets };

  struct Fields {
    std::optional<DType> dtype;
    std::optional<Shape> shape;
    std::array<std::uint64_t, 2> offsets{};
    std::size_t offset_count = 0;
  };

  bool go(Place place) {
    place_ = place;
    return true;
  }

  [[noreturn]] void wrong(const char* what) const {
    if (place_ == Place::outside || place_ == Place::root)
      fail<InputError>("safetensors: {}: the header has {} where an object belongs; is this a safetensors file?", file_,
                       what);
    fail<InputError>("safetensors: {}: {} of {} is or holds {}, which does not belong there; write the file again",
                     file_, excerpt(field_), excerpt(name_), what);
  }

  DType dtype_of(std::string_view text) const {
    const auto* known = std::ranges::find(dtypes, text, &NamedDType::name);
    require<InputError>(known != std::end(dtypes),
                        "safetensors: {}: {} is of dtype {}, which relume does not have; convert it before saving it",
                        file_, excerpt(name_), excerpt(text));
    return known->dtype;
  }

  void finish_entry() {
    require<InputError>(fields_.dtype && fields_.shape && fields_.offset_count == 2,
                        "safetensors: {}: {} lacks its dtype, shape or two data_offsets; write the file again", file_,
                        excerpt(name_));
    SafeTensorsEntry& entry = header_.entries.back();
    entry.dtype = *fields_.dtype;
    entry.shape = *fields_.shape;
    entry.begin = fields_.offsets[0];
    entry.end = fields_.offsets[1];
  }

  std::string_view file_;
  Place place_ = Place::outside;
  std::string name_;   // the last key of the root
  std::string field_;  // the last key below it
  Fields fields_;
  std::unordered_set<std::string> names_;
  SafeTensorsHeader header_;
};

/// Bytes of that shape, or nothing where its strides would overflow; a size of 0 does not hide that of the others.
std::optional<std::uint64_t> bytes_of(const SafeTensorsEntry& entry) {
  std::int64_t bytes = static_cast<std::int64_t>(size_of(entry.dtype));
  for (std::int64_t size : entry.shape)
    if (__builtin_mul_overflow(bytes, std::max<std::int64_t>(size, 1), &bytes)) return std::nullopt;
  return std::ranges::find(entry.shape, 0) == entry.shape.end() ? static_cast<std::uint64_t>(bytes) : 0;
}

void check_sizes(const SafeTensorsHeader& header, std::string_view file) {
  for (const SafeTensorsEntry& entry : header.entries) {
    require<InputError>(entry.begin <= entry.end,
                        "safetensors: {}: {} begins at byte {} but ends at {}; copy the file again", file,
                        excerpt(entry.name), entry.begin, entry.end);
    const std::optional<std::uint64_t> bytes = bytes_of(entry);
    require<InputError>(bytes == entry.end - entry.begin,
                        "safetensors: {}: {} has {} bytes of data, which do not make {} of {}; copy the file again",
                        file, excerpt(entry.name), entry.end - entry.begin, to_string(entry.shape), name(entry.dtype));
  }
}

void check_coverage(const SafeTensorsHeader& header, std::uint64_t data_bytes, std::string_view file) {
  std::vector<const SafeTensorsEntry*> ordered;
  for (const SafeTensorsEntry& entry : header.entries) ordered.push_back(&entry);
  std::ranges::sort(ordered, {}, [](const SafeTensorsEntry* entry) { return std::pair(entry->begin, entry->end); });
  std::uint64_t covered = 0;
  for (const SafeTensorsEntry* entry : ordered) {
    require<InputError>(entry->begin == covered,
                        "safetensors: {}: {} begins at byte {} of the data, but what lies before it ends at {}; "
                        "write the file again",
                        file, excerpt(entry->name), entry->begin, covered);
    covered = entry->end;
  }
  require<InputError>(covered == data_bytes,
                      "safetensors: {}: the header speaks of {} bytes of data but {} are there; copy the file again",
                      file, covered, data_bytes);
}

}  // namespace

SafeTensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t data_bytes, std::string_view file) {
  HeaderReader reader(file);
  Json::sax_parse(json, &reader);
  SafeTensorsHeader header = reader.take();
  check_sizes(header, file);
  check_coverage(header, data_bytes, file);
  return header;
}

std::string_view safetensors_name(DType dtype) { return std::ranges::find(dtypes, dtype, &NamedDType::dtype)->name; }

std::string excerpt(std::string_view text) {
  constexpr std::size_t longest = 80;
  const std::string shown(text.substr(0, longest));
  return Json(shown + (text.size() > longest ? "…" : "")).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace relume::io
