#include "relume/data/csv_sniff.h"

#include <algorithm>
#include <map>
#include <sstream>

#include "relume/data/csv_header.h"
#include "relume/data/csv_row_parser.h"

namespace relume::data {
namespace {

using Rows = TextRows;

constexpr std::string_view delimiters = "\t;|,";

Rows parse(const std::vector<std::string_view>& lines, char delimiter) {
  CsvRowParser parser(delimiter);
  Rows rows;
  std::vector<std::string_view> fields;
  bool begins = true;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto state = parser.feed(lines[i]);
    // As the reader does it: a quote that is never closed is a character where the lines are complete without it.
    const std::size_t width = rows.empty() ? count_plain_fields(lines[i], delimiter) : rows[0].size();
    if (state == CsvRowParser::State::open_quote && begins && i + 1 < lines.size() && width > 1 &&
        count_plain_fields(lines[i], delimiter) == width && count_plain_fields(lines[i + 1], delimiter) == width) {
      parser.reset();
      state = parser.feed(lines[i], false);
    }
    begins = state != CsvRowParser::State::open_quote;
    if (state != CsvRowParser::State::row) continue;
    parser.fields(fields);
    rows.emplace_back(fields.begin(), fields.end());
  }
  return rows;
}

/// The width that most rows have; of two the larger.
std::size_t usual_width(const Rows& rows) {
  std::map<std::size_t, std::size_t> counts;
  for (const auto& row : rows) ++counts[row.size()];
  std::size_t width = 0, most = 0;
  for (const auto& [w, count] : counts)
    if (count >= most) {
      most = count;
      width = w;
    }
  return width;
}

/// A field that was cut where it should be: a number, or a text without another delimiter in it.
bool is_clean(const std::string& field, char delimiter) {
  return parse_number(field, delimiter == ';').has_value() || field.find_first_of(delimiters) == std::string::npos;
}

/// The share of rows of the usual width, times the share of clean fields. 0 where there is one field a row.
double fit(const Rows& rows, char delimiter) {
  const std::size_t width = usual_width(rows);
  if (width < 2) return 0;
  std::size_t even = 0, fields = 0, clean = 0;
  for (const auto& row : rows) {
    even += row.size() == width;
    fields += row.size();
    for (const std::string& field : row) clean += is_clean(field, delimiter);
  }
  return static_cast<double>(even) / static_cast<double>(rows.size()) *
         (static_cast<double>(clean) / static_cast<double>(fields));
}

/// A sentence a line is one column of text, not words in columns: all rows are of one width, but for the names, which R
/// writes without one for the names of rows.
bool is_table_of_blanks(const Rows& rows) {
  const std::size_t width = usual_width(rows);
  if (width < 2 || (rows[0].size() != width && rows[0].size() + 1 != width)) return false;
  const auto even = std::count_if(rows.begin() + 1, rows.end(), [&](const auto& row) { return row.size() == width; });
  return 10 * static_cast<std::size_t>(even) >= 9 * (rows.size() - 1);
}

/// "18.0   8   307.0": several numbers in one field are columns between blanks.
bool holds_numbers_between_blanks(const std::string& field) {
  std::istringstream words(field);
  std::size_t numbers = 0;
  for (std::string word; words >> word; ++numbers)
    if (!parse_number(word, false) && !is_missing_mark(word)) return false;
  return numbers >= 3;
}

/// Files of blanks may have a tab before their last column, as UCI's auto-mpg has.
bool is_cut_too_rarely(const Rows& rows) {
  const auto wide = [](const auto& row) { return std::ranges::any_of(row, holds_numbers_between_blanks); };
  return 2 * static_cast<std::size_t>(std::ranges::count_if(rows, wide)) > rows.size();
}

char find_delimiter(const std::vector<std::string_view>& lines) {
  char best = ',';
  double best_fit = 0;
  for (const char delimiter : delimiters)
    if (const double f = fit(parse(lines, delimiter), delimiter); f > best_fit) {
      best_fit = f;
      best = delimiter;
    }
  if (best_fit > 0 && !(best == '\t' && is_cut_too_rarely(parse(lines, best)))) return best;
  return is_table_of_blanks(parse(lines, blanks)) ? blanks : best;
}

bool has_decimal_commas(const Rows& rows) {
  std::size_t commas = 0, points = 0;
  for (const auto& row : rows)
    for (const std::string& field : row) {
      if (!parse_number(field, true)) continue;
      commas += field.find(',') != std::string::npos;
      points += field.find('.') != std::string::npos;
    }
  return commas > points;
}

}  // namespace

CsvDialect sniff(const std::vector<std::string_view>& lines, const CsvOptions& options) {
  CsvDialect dialect;
  dialect.delimiter = options.delimiter ? *options.delimiter : find_delimiter(lines);
  const Rows rows = parse(lines, dialect.delimiter);
  dialect.width = usual_width(rows);
  dialect.decimal_comma = dialect.delimiter == ';' && has_decimal_commas(rows);
  dialect.header = options.header ? *options.header : find_header(rows, options.schema, [&](std::string_view field) {
    return is_missing_mark(field) ? std::nullopt : parse_number(field, dialect.decimal_comma);
  });
  return dialect;
}

}  // namespace relume::data
