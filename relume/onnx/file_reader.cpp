#include "relume/onnx/file_reader.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>

#include "relume/base/atomic_file.h"
#include "relume/base/half.h"
#include "relume/base/require.h"
#include "relume/io/safetensors_header.h"

namespace relume::onnx {
namespace {

namespace fs = std::filesystem;

std::int64_t elements_of(const proto::Tensor& tensor) {
  constexpr std::int64_t most = std::int64_t{1} << 40;
  std::int64_t count = 1;
  for (const std::int64_t n : tensor.dims()) {
    require<InputError>(n >= 0 && n <= most, "the tensor {} has a dimension of {}; it is damaged",
                        in_quotes(tensor.name()), n);
    count = n == 0 ? 0 : count * n;
    require<InputError>(count <= most, "the tensor {} claims more values than a file holds; it is damaged",
                        in_quotes(tensor.name()));
  }
  return count;
}

std::size_t bytes_of(int type) {
  switch (type) {
    case proto::Tensor::BOOL:
    case proto::Tensor::INT8:
    case proto::Tensor::UINT8: return 1;
    case proto::Tensor::INT16:
    case proto::Tensor::UINT16:
    case proto::Tensor::FLOAT16:
    case proto::Tensor::BFLOAT16: return 2;
    case proto::Tensor::FLOAT:
    case proto::Tensor::INT32:
    case proto::Tensor::UINT32: return 4;
    case proto::Tensor::DOUBLE:
    case proto::Tensor::INT64:
    case proto::Tensor::UINT64: return 8;
    default: return 0;
  }
}

template <class T>
std::vector<double> decoded(std::string_view bytes) {
  std::vector<double> numbers(bytes.size() / sizeof(T));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    if constexpr (std::is_arithmetic_v<T>)
      numbers[i] = static_cast<double>(value);
    else
      numbers[i] = static_cast<double>(static_cast<float>(value));
  }
  return numbers;
}

std::vector<double> numbers_of(int type, std::string_view bytes) {
  switch (type) {
    case proto::Tensor::BOOL:
    case proto::Tensor::UINT8: return decoded<std::uint8_t>(bytes);
    case proto::Tensor::INT8: return decoded<std::int8_t>(bytes);
    case proto::Tensor::INT16: return decoded<std::int16_t>(bytes);
    case proto::Tensor::UINT16: return decoded<std::uint16_t>(bytes);
    case proto::Tensor::FLOAT16: return decoded<Half>(bytes);
    case proto::Tensor::BFLOAT16: return decoded<BFloat16>(bytes);
    case proto::Tensor::FLOAT: return decoded<float>(bytes);
    case proto::Tensor::INT32: return decoded<std::int32_t>(bytes);
    case proto::Tensor::UINT32: return decoded<std::uint32_t>(bytes);
    case proto::Tensor::DOUBLE: return decoded<double>(bytes);
    case proto::Tensor::INT64: return decoded<std::int64_t>(bytes);
    default: return decoded<std::uint64_t>(bytes);
  }
}

/// The numbers where they are no raw bytes: in the field of their type.
std::vector<double> listed(const proto::Tensor& tensor) {
  const auto all = [](const auto& values) { return std::vector<double>(values.begin(), values.end()); };
  switch (tensor.data_type()) {
    case proto::Tensor::FLOAT: return all(tensor.float_data());
    case proto::Tensor::DOUBLE: return all(tensor.double_data());
    case proto::Tensor::INT64: return all(tensor.int64_data());
    case proto::Tensor::UINT32:
    case proto::Tensor::UINT64: return all(tensor.uint64_data());
    case proto::Tensor::FLOAT16:
    case proto::Tensor::BFLOAT16: {
      std::string bytes;
      for (const std::int32_t bits : tensor.int32_data()) {
        bytes += static_cast<char>(bits & 0xff);
        bytes += static_cast<char>((bits >> 8) & 0xff);
      }
      return numbers_of(tensor.data_type(), bytes);
    }
    default: return all(tensor.int32_data());
  }
}

/// Where a tensor's bytes lie outside: a file below the folder.
fs::path external_path(const proto::Tensor& tensor, const std::string& location, const fs::path& folder) {
  const fs::path given(location);
  const bool climbs = std::ranges::count(given, fs::path("..")) > 0;
  std::error_code error;
  const fs::path home = fs::canonical(folder.empty() ? fs::path(".") : folder, error);
  require<InputError>(!location.empty() && !given.is_absolute() && !climbs && !error,
                      "the data of {} lies in {}, outside of its folder; keep it beside the .onnx",
                      in_quotes(tensor.name()), in_quotes(location));
  fs::path path = fs::canonical(home / given, error);
  require<InputError>(!error && fs::is_regular_file(path, error),
                      "the data of {} is to lie in {}, which is not there; keep it beside the .onnx",
                      in_quotes(tensor.name()), in_quotes(location));
  const auto [end, ignored] = std::mismatch(home.begin(), home.end(), path.begin(), path.end());
  require<InputError>(end == home.end(), "the data of {} lies in {}, outside of its folder; keep it beside the .onnx",
                      in_quotes(tensor.name()), in_quotes(location));
  return path;
}

std::string external_bytes(const proto::Tensor& tensor, std::size_t bytes, const fs::path& folder) {
  std::string location;
  std::uint64_t offset = 0, length = bytes;
  const auto number = [&](const std::string& text, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    require<InputError>(error == std::errc() && end == text.data() + text.size(),
                        "the data of {} begins or ends at {}; it is damaged", in_quotes(tensor.name()),
                        in_quotes(text));
  };
  for (const proto::Entry& entry : tensor.external_data()) {
    if (entry.key() == "location") location = entry.value();
    if (entry.key() == "offset") number(entry.value(), offset);
    if (entry.key() == "length") number(entry.value(), length);
  }
  const fs::path path = external_path(tensor, location, folder);
  const std::uint64_t there = fs::file_size(path);
  require<InputError>(length == bytes && offset <= there && bytes <= there - offset,
                      "the tensor {} takes {} bytes from {} on, {} has {}; it is damaged", in_quotes(tensor.name()),
                      bytes, offset, in_quotes(location), there);
  std::string data(bytes, '\0');
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(data.data(), static_cast<std::streamsize>(bytes));
  require<FileError>(static_cast<std::size_t>(file.gcount()) == bytes, "{} cannot be read", path.string());
  return data;
}

}  // namespace

std::string shown(std::string_view text) {
  const std::string quoted = io::excerpt(text);
  return quoted.substr(1, quoted.size() - 2);
}

std::string in_quotes(std::string_view text) { return "'" + shown(text) + "'"; }

proto::Model read_message(const fs::path& path) {
  const std::string bytes = read_file(path);
  proto::Model model;
  require<InputError>(model.ParseFromString(bytes) && model.has_graph() && model.graph().node_size() > 0,
                      "onnx: {}: is no ONNX model, or it is cut off", path.string());
  return model;
}

Array array_of(const proto::Tensor& tensor, const fs::path& folder) {
  Array array{.shape = {tensor.dims().begin(), tensor.dims().end()}};
  const std::int64_t count = elements_of(tensor);
  const int type = tensor.data_type();
  if (type == proto::Tensor::STRING) {
    array.texts.assign(tensor.string_data().begin(), tensor.string_data().end());
    require<InputError>(std::ssize(array.texts) == count, "the tensor {} holds {} texts where {} are claimed",
                        in_quotes(tensor.name()), array.texts.size(), count);
    return array;
  }
  const std::size_t bytes = static_cast<std::size_t>(count) * bytes_of(type);
  require<InputError>(bytes_of(type) > 0, "the tensor {} is of type {}, which is not known here",
                      in_quotes(tensor.name()), type);
  if (tensor.data_location() == proto::Tensor::EXTERNAL)
    array.numbers = numbers_of(type, external_bytes(tensor, bytes, folder));
  else if (!tensor.raw_data().empty())
    array.numbers = tensor.raw_data().size() == bytes ? numbers_of(type, tensor.raw_data()) : std::vector<double>(1);
  else
    array.numbers = listed(tensor);
  const bool fits = array.elements() == count && (tensor.raw_data().empty() || tensor.raw_data().size() == bytes);
  require<InputError>(fits, "the tensor {} does not hold the {} values that it claims; it is damaged",
                      in_quotes(tensor.name()), count);
  return array;
}

}  // namespace relume::onnx
