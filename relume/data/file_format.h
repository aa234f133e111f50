// Private. What a file is that is no table, told by its content.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace relume::data {

/// Throws an InputError that names the format, and what to do, where the first bytes are those of an archive, a
/// workbook, a picture, a database and so on; of gzip those that are unpacked.
void refuse_other_formats(std::string_view start, const std::filesystem::path& path);

/// The same for text: HTML, JSON, ARFF, LIBSVM, drawn tables, …, told by the first lines.
void refuse_other_texts(const std::vector<std::string_view>& lines, const std::filesystem::path& path);

/// Whether these are the first bytes of a zip archive whose first member is an array, as numpy.savez writes it.
bool is_npz(std::string_view start);

}  // namespace relume::data
