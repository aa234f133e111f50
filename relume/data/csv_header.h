// Private. Whether the first row of a delimited file holds names.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relume/data/csv.h"

namespace relume::data {

using TextRows = std::vector<std::vector<std::string>>;

/// The number that a field of this file is; nothing for text and for what stands for a missing value.
using NumberOf = std::function<std::optional<double>(std::string_view)>;

/// Judges by the file's first rows. Names may be numbers (wavelengths, years) where they follow each other in even
/// steps or lie far from everything under them. With a schema (or null) by what the model knows: its names, which of
/// its columns are numbers, and its categories.
bool find_header(const TextRows& rows, const TableSchema* schema, const NumberOf& number_of);

}  // namespace relume::data
