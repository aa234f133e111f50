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

/// The array in the bytes of a .npy file; `where` begins the text of errors.
NpyArray npy_from_bytes(std::span<const std::byte> bytes, const std::string& where);

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

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace relume::data
