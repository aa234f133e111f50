// For the library's own sources.
#pragma once

#include <string_view>

namespace relume::data {

/// Whether the text stands for a missing value among numbers, though it may be a word in a column of text.
bool is_missing_number_mark(std::string_view text);

}  // namespace relume::data
