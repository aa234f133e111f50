// Private. An ONNX file's message and the arrays in it, checked against the bytes that are there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "relume/onnx/onnx.pb.h"

namespace relume::onnx {

/// A constant of the graph. Whole numbers and truths are numbers too.
struct Array {
  std::vector<std::int64_t> shape = {};
  std::vector<double> numbers = {};
  std::vector<std::string> texts = {};
  bool is_shape = false;  ///< a shape of rows, whose first number, of the rows, is not known: 0

  std::int64_t dimensions() const { return std::ssize(shape); }
  std::int64_t elements() const { return std::ssize(numbers); }
};

/// The message in the file. Throws InputError where it is none, FileError.
proto::Model read_message(const std::filesystem::path& path);

/// The tensor's values, which may lie in a file of the folder. Throws InputError without the file's name.
Array array_of(const proto::Tensor& tensor, const std::filesystem::path& folder);

/// A text from a file, short and on one line.
std::string shown(std::string_view text);
/// The same in quotes.
std::string in_quotes(std::string_view text);

}  // namespace relume::onnx
