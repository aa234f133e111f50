// Private. What a delimited file is like, judged by its beginning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relume/data/csv.h"

namespace relume::data {

struct CsvDialect {
  char delimiter = ',';
  bool header = false;
  bool decimal_comma = false;
  std::size_t width = 0;                        ///< fields that most rows have
  bool row_names = false;                       ///< the header has no name over the first column, as R writes it
  bool first_is_odd = false;                    ///< the first row has another number of fields than most
  std::size_t empty_tail = 0;                   ///< columns at the end that are empty in all rows under the first
  std::vector<bool> numbers = {};               ///< the columns that hold numbers under the first row
  bool hash_rows = false;                       ///< rows may begin with #; else such lines are comments
  std::optional<std::size_t> hash_header = {};  ///< the line that begins with # and holds the names, counted from 0
};

/// "sep=;": Excel's first line that names the delimiter, and nothing else.
std::optional<char> named_delimiter(std::string_view line);

/// Whether a line begins with #, and not with an error of a spreadsheet's ("#N/A", "#DIV/0!"), which is a field.
bool is_comment_like(std::string_view line);

/// Judges by these lines, which are the file's first ones; what `options` says is not questioned.
CsvDialect sniff(const std::vector<std::string_view>& lines, const CsvOptions& options);

}  // namespace relume::data
