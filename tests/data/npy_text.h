// NumPy's files as texts, for tests that need their own.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <zlib.h>

namespace relume::data {

inline std::string little(std::uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  std::string text(values.size() * sizeof(T), '\0');
  std::memcpy(text.data(), values.data(), text.size());
  return text;
}

inline std::string npy_with_header(const std::string& header, const std::string& data) {
  return std::string("\x93NUMPY\x01\x00", 8) + little(static_cast<std::uint32_t>(header.size() + 1), 2) + header +
         "\n" + data;
}

/// An array of a type and shape as NumPy writes them: "<f8", "(2, 3)".
inline std::string npy(const std::string& type, const std::string& shape, const std::string& data) {
  return npy_with_header("{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }", data);
}

/// A .npz of these arrays, stored.
inline std::string npz(const std::map<std::string, std::string>& arrays) {
  std::string file, directory;
  for (const auto& [name, data] : arrays) {
    const std::string entry = name + ".npy";
    const auto crc = static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size()));
    const auto size = static_cast<std::uint32_t>(data.size()), length = static_cast<std::uint32_t>(entry.size());
    // From the flags to the length of the extra field, as both headers have it.
    const std::string common = little(0, 2) + little(0, 2) + little(0, 4) + little(crc, 4) + little(size, 4) +
                               little(size, 4) + little(length, 2) + little(0, 2);
    directory += little(0x02014b50, 4) + little(20, 2) + little(20, 2) + common + little(0, 2) + little(0, 2) +
                 little(0, 2) + little(0, 4) + little(static_cast<std::uint32_t>(file.size()), 4) + entry;
    file += little(0x04034b50, 4) + little(20, 2) + common + entry + data;
  }
  const auto count = static_cast<std::uint32_t>(arrays.size());
  return file + directory + little(0x06054b50, 4) + little(0, 2) + little(0, 2) + little(count, 2) + little(count, 2) +
         little(static_cast<std::uint32_t>(directory.size()), 4) + little(static_cast<std::uint32_t>(file.size()), 4) +
         little(0, 2);
}

}  // namespace relume::data
