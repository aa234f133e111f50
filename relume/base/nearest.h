// Private. "Did you mean": the known word nearest to one that is not known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace relume {

/// Letters to insert, delete or replace to get from one word to the other, whatever their case (Levenshtein).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known word with the smallest edit distance to `word`, the first of several; empty where none is within a third
/// of its letters (two of a short word) or contains it.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known);

/// " (did you mean "relu"?)", or nothing where no known word is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace relume
