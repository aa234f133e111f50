// What a delimited file is like, judged by its beginning. For the library's own sources.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "relume/data/csv.h"

namespace relume::data {

struct CsvDialect {
  char delimiter = ',';
  bool header = false;
  bool decimal_comma = false;
  std::size_t width = 0;  ///< fields that most rows have
};

/// Judges by these lines, which are the file's first ones; what `options` says is not questioned.
CsvDialect sniff(const std::vector<std::string_view>& lines, const CsvOptions& options);

}  // namespace relume::data
