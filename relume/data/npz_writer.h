// Public. Writing NumPy's archives.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "relume/tensor/tensor.h"

namespace relume {
class AtomicFile;
}  // namespace relume

namespace relume::data {

/// A .npz file, written array by array, stored as they are; it appears whole with commit() or not at all. Throws
/// ValueError for a name given twice and where the file would grow beyond 4 GB, which zip's first format ends at;
/// FileError where it cannot be written.
class NpzWriter {
 public:
  explicit NpzWriter(const std::filesystem::path& path);
  ~NpzWriter();
  NpzWriter(const NpzWriter&) = delete;
  NpzWriter& operator=(const NpzWriter&) = delete;

  /// bfloat16 is written as float32, which holds its values exactly.
  void add(const std::string& name, const Tensor& tensor);
  /// Texts in UTF-8 as an array of NumPy's '<U…'.
  void add(const std::string& name, const std::vector<std::string>& texts);
  void commit();

 private:
  void add_member(const std::string& name, std::string_view header, std::string_view data);

  struct Member {
    std::string name;
    std::uint32_t crc, size, at;
  };
  std::unique_ptr<AtomicFile> file_;
  std::uint64_t size_ = 0;
  std::vector<Member> members_;
};

}  // namespace relume::data
