#include "relume/data/csv_sniff.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <sstream>
#include <unordered_set>

#include "relume/data/csv_header.h"
#include "relume/data/csv_rows.h"

namespace relume::data {
namespace {

constexpr std::string_view delimiters = "\t;|,";

TextRows parse(const std::vector<std::string_view>& lines, char delimiter) {
  LinesInMemory source(lines);
  CsvRows parser(source, delimiter);
  TextRows rows;
  std::vector<std::string_view> fields;
  for (auto got = parser.next(); got != CsvRows::Got::end; got = parser.next()) {
    if (got == CsvRows::Got::open_quote) source.take(1);
    if (got != CsvRows::Got::row) continue;
    parser.fields(fields);
    rows.emplace_back(fields.begin(), fields.end());
  }
  return rows;
}

/// The width that most rows have; of two the larger.
std::size_t usual_width(const TextRows& rows) {
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
  // With any decimal mark; but a comma is none where it cuts.
  const NumberReadings readings = read_number(field);
  return (delimiter == ',' ? readings.point.has_value() : readings.is_number()) ||
         field.find_first_of(delimiters) == std::string::npos;
}

/// The share of rows of the usual width, times the share of clean fields. 0 where there is one field a row.
double fit(const TextRows& rows, char delimiter) {
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
bool is_table_of_blanks(const TextRows& rows) {
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
bool is_cut_too_rarely(const TextRows& rows) {
  const auto wide = [](const auto& row) { return std::ranges::any_of(row, holds_numbers_between_blanks); };
  return 2 * static_cast<std::size_t>(std::ranges::count_if(rows, wide)) > rows.size();
}

/// "13,4 84,7 91,5": numbers with decimal commas between blanks, not cut at the commas. "1, 2, 3" is none of these.
bool holds_decimal_commas_between_blanks(const TextRows& rows) {
  const auto speaks = [](const std::vector<std::string>& row) {
    bool commas = false;
    for (const std::string& field : row) {
      const NumberReadings readings = read_number(field);
      if (!(readings.is_number() && field.back() != ',' && field.front() != ',') && !is_missing_mark(field))
        return false;
      commas |= field.find(',') != std::string::npos;
    }
    return commas;
  };
  if (rows.size() < 2 || !is_table_of_blanks(rows)) return false;
  const auto speaking = static_cast<std::size_t>(std::count_if(rows.begin() + 1, rows.end(), speaks));
  return 10 * speaking >= 9 * (rows.size() - 1);
}

/// Names between blanks, which the delimiter of the other lines does not cut: its marks are those within numbers.
bool is_cut_by_blanks_alone(const std::vector<std::string_view>& lines, const TextRows& rows) {
  if (rows.size() < 2 || rows[0].size() != 1) return false;
  const TextRows words = parse(lines, blanks);
  return words[0].size() == usual_width(words) && is_table_of_blanks(words);
}

char find_delimiter(const std::vector<std::string_view>& lines) {
  char best = ',';
  double best_fit = 0;
  for (const char delimiter : delimiters)
    if (const double f = fit(parse(lines, delimiter), delimiter); f > best_fit) {
      best_fit = f;
      best = delimiter;
    }
  if (best_fit > 0 && is_cut_by_blanks_alone(lines, parse(lines, best))) return blanks;
  if (best == ',' && best_fit > 0 && holds_decimal_commas_between_blanks(parse(lines, blanks))) return blanks;
  if (best_fit > 0 && !(best == '\t' && is_cut_too_rarely(parse(lines, best)))) return best;
  return is_table_of_blanks(parse(lines, blanks)) ? blanks : best;
}

bool has_decimal_commas(const TextRows& rows) {
  std::size_t commas = 0, points = 0;
  for (const auto& row : rows)
    for (const std::string& field : row) {
      const NumberReadings readings = read_number(field);
      commas += !readings.point && readings.comma;
      points += readings.point && !readings.comma;
    }
  return commas > points;
}

/// The lines that do not begin with #; all where these are too few to judge by.
std::vector<std::string_view> without_comments(const std::vector<std::string_view>& lines) {
  std::vector<std::string_view> rest;
  std::ranges::remove_copy_if(lines, std::back_inserter(rest), is_comment_like);
  const auto filled = std::ranges::count_if(rest, [](std::string_view line) { return !line.empty(); });
  return filled > 0 ? rest : lines;
}

/// The columns in which four of five fields under the first row are numbers.
std::vector<bool> find_numbers(const TextRows& rows, std::size_t width, const NumberOf& number_of) {
  std::vector<bool> numbers(width);
  for (std::size_t c = 0; c < width; ++c) {
    std::size_t seen = 0, count = 0;
    for (std::size_t r = 1; r < rows.size(); ++r) {
      // A number behind a quote that is never closed does not make a text of the column.
      if (c >= rows[r].size() || is_missing_mark(rows[r][c]) || rows[r][c].starts_with('"')) continue;
      ++seen;
      count += number_of(rows[r][c]).has_value();
    }
    numbers[c] = seen > 0 && 5 * count >= 4 * seen;
  }
  return numbers;
}

/// Columns at the end that hold nothing under the first row.
std::size_t count_empty_tail(const TextRows& rows, std::size_t width) {
  std::size_t filled = rows.size() > 1 ? 0 : width;
  for (std::size_t r = 1; r < rows.size(); ++r)
    for (std::size_t c = std::min(rows[r].size(), width); c > filled; --c)
      if (!rows[r][c - 1].empty()) filled = c;
  return width - filled;
}

/// Whether fields that are empty are all by which the two differ in width.
bool is_as_wide(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  const auto& longer = a.size() > b.size() ? a : b;
  return std::all_of(longer.begin() + static_cast<std::ptrdiff_t>(std::min(a.size(), b.size())), longer.end(),
                     [](const std::string& field) { return field.empty(); });
}

/// R writes no name over the names of its rows, which are counted or are words, each of them once.
bool has_row_names(const TextRows& rows, std::size_t width, const NumberOf& number_of) {
  if (rows.size() < 2 || rows[0].size() + 1 != width) return false;
  std::unordered_set<std::string_view> names;
  return std::all_of(rows.begin() + 1, rows.end(), [&](const auto& row) {
    const auto number = number_of(row[0]);
    return row.size() == width && names.insert(row[0]).second && (!number || *number == std::trunc(*number));
  });
}

/// R quotes the names of columns and never a number: the first line is quoted through and through, and of the others
/// at most one in ten.
bool only_first_is_quoted(const std::vector<std::string_view>& lines, const TextRows& rows) {
  const auto is_quoted = [](std::string_view line, std::size_t fields) {
    return static_cast<std::size_t>(std::ranges::count(line, '"')) >= 2 * fields;
  };
  if (rows.size() < 3 || !is_quoted(lines[0], rows[0].size())) return false;
  // A field that holds a delimiter is quoted in a row of data too.
  const auto has_need = [](const std::string& f) { return f.find_first_of("\t;|,\"\n ") != std::string::npos; };
  if (std::ranges::any_of(rows[0], has_need)) return false;
  const auto others = std::count_if(lines.begin() + 1, lines.end(),
                                    [&](std::string_view line) { return is_quoted(line, rows[0].size()); });
  return 10 * static_cast<std::size_t>(others) <= rows.size() - 1;
}

/// Whether most rows agree on a width that the first row does not have.
bool first_is_odd(const TextRows& rows, std::size_t width) {
  if (rows.size() < 3) return false;
  const auto count = [&](auto fits) {
    return static_cast<std::size_t>(std::count_if(rows.begin() + 1, rows.end(), fits));
  };
  const std::size_t usual = count([&](const auto& row) { return row.size() == width; });
  const std::size_t like_first = count([&](const auto& row) { return is_as_wide(rows[0], row); });
  return usual >= 2 && 2 * usual >= rows.size() - 1 && like_first == 0;
}

/// What lines that begin with # are: rows, comments, or, the last one above the rows, the names. `rows` are those of
/// the other lines; a line that is a row or holds the names is put among them.
void judge_hashes(const std::vector<std::string_view>& lines, const CsvOptions& options, const NumberOf& number_of,
                  CsvDialect& dialect, TextRows& rows) {
  std::optional<std::size_t> last_above;
  std::size_t above = 0, between = 0;
  bool begun = false;
  std::vector<std::string_view> kept;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const TextRows row = is_comment_like(lines[i]) ? parse({lines[i]}, dialect.delimiter) : TextRows();
    const bool fits = row.size() == 1 && row[0].size() == dialect.width;
    begun = begun || (!is_comment_like(lines[i]) && !lines[i].empty());
    if (!is_comment_like(lines[i]) || fits) kept.push_back(lines[i]);
    if (!fits) continue;
    ++(begun ? between : above);
    if (!begun) last_above = i;
  }
  if (above + between == 0) return;
  const bool text_first = dialect.numbers.empty() || !dialect.numbers[0];
  dialect.hash_rows = rows.size() < 2 || (text_first && (between > 0 || above > 1));
  if (dialect.hash_rows) {
    rows = parse(kept, dialect.delimiter);
  } else if (last_above && !options.header.value_or(false) && !find_header(rows, options.schema, number_of)) {
    TextRows named = parse({lines[*last_above]}, dialect.delimiter);
    named.insert(named.end(), rows.begin(), rows.end());
    if (!find_header(named, options.schema, number_of)) return;
    dialect.hash_header = last_above;
    rows = std::move(named);
  }
}

}  // namespace

std::optional<char> named_delimiter(std::string_view line) {
  if (line.size() >= 2 && line.front() == '"' && line.back() == '"') line = line.substr(1, line.size() - 2);
  const bool named = line.size() == 5 && line[3] == '=' && (line[0] == 's' || line[0] == 'S') &&
                     (line[1] == 'e' || line[1] == 'E') && (line[2] == 'p' || line[2] == 'P');
  return named ? std::optional(line[4]) : std::nullopt;
}

bool is_comment_like(std::string_view line) {
  static constexpr std::array<std::string_view, 10> errors = {"#N/A",   "#NA",   "#DIV/0!", "#VALUE!", "#REF!",
                                                              "#NAME?", "#NUM!", "#NULL!",  "#SPILL!", "#CALC!"};
  if (!line.starts_with('#')) return false;
  const std::string_view first = line.substr(0, line.find_first_of(delimiters));
  return std::ranges::find(errors, first.substr(0, first.find_first_of(" \r"))) == errors.end();
}

CsvDialect sniff(const std::vector<std::string_view>& lines, const CsvOptions& options) {
  CsvDialect dialect;
  const std::vector<std::string_view> told = without_comments(lines);
  dialect.delimiter = options.delimiter ? *options.delimiter : find_delimiter(told);
  TextRows rows = parse(told, dialect.delimiter);
  dialect.width = usual_width(rows);
  dialect.decimal_comma = has_decimal_commas(rows);
  const NumberOf number_of = [&](std::string_view field) -> std::optional<double> {
    if (is_missing_mark(field)) return std::nullopt;
    const NumberReadings readings = read_number(field);
    const auto number = readings.as(dialect.decimal_comma ? Decimal::comma : Decimal::point);
    return number ? number : readings.point ? readings.point : readings.comma;
  };
  dialect.numbers = find_numbers(rows, dialect.width, number_of);
  if (told.size() < lines.size() || dialect.width == 0 || is_comment_like(lines[0]))
    judge_hashes(lines, options, number_of, dialect, rows);
  dialect.header = options.header ? *options.header
                                  : find_header(rows, options.schema, number_of) ||
                                        (!options.schema && only_first_is_quoted(told, rows));
  dialect.row_names = dialect.header && has_row_names(rows, dialect.width, number_of);
  dialect.first_is_odd = !dialect.row_names && first_is_odd(rows, dialect.width);
  dialect.empty_tail = count_empty_tail(rows, dialect.width);
  return dialect;
}

}  // namespace relume::data
