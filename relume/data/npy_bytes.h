// Private. What NumPy's files hold, array by array.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "relume/base/function_ref.h"
#include "relume/data/table.h"
#include "relume/tensor/tensor.h"

namespace relume::data {

/// An array of text ('<U5' or '|S5'), its elements in row-major order as a column without a name. Empty texts and "nan"
/// are missing.
struct TextArray {
  Shape shape;
  Column column;
};

using NpyArray = std::variant<Tensor, TextArray>;

/// Fills the buffer as far as a file goes and returns how many bytes it got: fewer only at the end.
using ReadBytes = FunctionRef<std::size_t(std::span<std::byte>)>;

/// The array of a .npy file, its elements read to where they stay. `most` bytes at most can be read; `where` begins the
/// text of errors.
NpyArray read_npy(ReadBytes read, std::size_t most, const std::string& where);

/// The shape alone, from as many bytes as the header has.
Shape read_npy_shape(ReadBytes read, const std::string& where);

/// NumPy's name of the type, "<f4".
std::string_view npy_descr(DType dtype);
/// All that stands before the elements of an array in row-major order.
std::string npy_header(std::string_view descr, const Shape& shape);

/// The numbers of an array. Throws InputError where it is text.
Tensor numbers_of(NpyArray array, const std::string& where);

/// A .npz file. What is not asked for is not unpacked, so that an array that cannot be read does no harm beside others.
class NpzFile {
 public:
  /// Throws InputError where the file is no zip archive, or its directory is damaged.
  explicit NpzFile(const std::filesystem::path& path);
  ~NpzFile();
  NpzFile(const NpzFile&) = delete;
  NpzFile& operator=(const NpzFile&) = delete;

  /// All that lies in the archive, in its order: those of arrays without ".npy".
  const std::vector<std::string>& names() const;
  bool has(std::string_view array) const;
  /// Throws InputError where there is no such array or it cannot be read.
  NpyArray read(std::string_view array) const;
  /// Its shape, without its elements. Throws as read() does.
  Shape shape(std::string_view array) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace relume::data
