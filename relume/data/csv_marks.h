// Private. Which fields stand for missing values.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace relume::data {

/// Whether the text stands for a missing value among numbers, though it may be a word in a column of text.
bool is_missing_number_mark(std::string_view text);

/// Whether the field is one of the user's marks: by its text or, among numbers, as a number ("-999.0" for "-999").
bool is_own_mark(std::string_view field, std::span<const std::string> marks, bool among_numbers);

}  // namespace relume::data
