#include "relume/data/csv_header.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include "relume/data/csv_marks.h"

namespace relume::data {
namespace {

using Row = std::vector<std::string>;

/// A number in the first row, with those under it.
struct NumberColumn {
  std::size_t place;
  double first;
  double low, high;  // of the rows under the first
  std::size_t seen;
};

/// What the columns say, one by one: the first field beside those under it.
struct Evidence {
  std::size_t names = 0;      // a text over numbers or dates
  std::size_t lone = 0;       // a text that never comes again, over texts that do
  std::size_t repeated = 0;   // a text that comes again, a date over dates
  std::size_t empty = 0;      // a field that is missing
  bool doubled = false;       // names are seldom used twice
  bool ends_in_word = false;  // the last of several columns is a word over many numbers
  std::vector<NumberColumn> numbers = {};
};

/// "2020-01-31", "31.1.2020 12:00", "1/2/03".
bool looks_like_a_date(std::string_view field) {
  if (field.size() < 6 || field.find_first_not_of("0123456789-/.: TZ+") != std::string_view::npos) return false;
  return std::ranges::count_if(field, [](char c) { return c == '-' || c == '/' || c == '.' || c == ':'; }) >= 2;
}

bool is_missing(std::string_view field) { return is_missing_mark(field) || is_missing_number_mark(field); }

/// "y", "fat_content": letters, digits and the like, where an odd value is "n.d." or "<0.05".
bool is_word(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c < 0; };
  return is_letter(text.front()) && std::ranges::all_of(text, [&](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == ' ';
         });
}

void weigh_column(const TextRows& rows, std::size_t place, const NumberOf& number_of, Evidence& evidence) {
  const std::string& first = rows[0][place];
  NumberColumn column{place, 0, std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), 0};
  std::size_t seen = 0, dates = 0, same = 0;
  std::unordered_set<std::string_view> distinct;
  for (std::size_t r = 1; r < rows.size(); ++r) {
    if (place >= rows[r].size() || is_missing_mark(rows[r][place])) continue;
    const std::string& field = rows[r][place];
    // A first row that comes again as a whole is a header that was copied along.
    if (rows[0].size() > 1 && rows[r] == rows[0]) continue;
    ++seen;
    dates += looks_like_a_date(field);
    distinct.insert(field);
    same += field == first;
    if (const auto number = number_of(field)) {
      ++column.seen;
      column.low = std::min(column.low, *number);
      column.high = std::max(column.high, *number);
    }
  }
  if (seen == 0) return;
  if (const auto number = number_of(first)) {
    column.first = *number;
    if (2 * column.seen >= seen) evidence.numbers.push_back(column);
    if (column.seen == 0 && dates == 0 && seen >= 5) ++evidence.lone;
  } else if (is_missing(first)) {
    ++evidence.empty;
  } else if (5 * column.seen >= 4 * seen || (5 * dates >= 4 * seen && !looks_like_a_date(first))) {
    ++evidence.names;
    evidence.ends_in_word = place > 0 && place + 1 == rows[0].size() && column.seen >= 20 && is_word(first);
  } else if (same > 0 || (looks_like_a_date(first) && 5 * dates >= 4 * seen)) {
    ++evidence.repeated;
  } else if (2 * distinct.size() <= seen) {
    ++evidence.lone;
  }
}

Evidence weigh(const TextRows& rows, const NumberOf& number_of) {
  Evidence evidence;
  std::unordered_set<std::string_view> distinct;
  for (std::size_t c = 0; c < rows[0].size(); ++c) {
    const std::string& first = rows[0][c];
    // An index column's name may be empty, and so may what trails behind.
    if (first.empty() && (c == 0 || c + 1 == rows[0].size())) continue;
    if (!distinct.insert(first).second && !first.empty()) evidence.doubled = true;
    weigh_column(rows, c, number_of, evidence);
  }
  return evidence;
}

/// The numbers of a row at these places follow each other: in even steps, or all up or all down.
bool follow_each_other(const std::vector<double>& values, bool evenly) {
  if (values.size() < 2) return false;
  const double step = values[1] - values[0];
  const double slack = 1e-6 * std::max(std::abs(values.front()), std::abs(values.back()));
  for (std::size_t i = 1; i < values.size(); ++i) {
    const double d = values[i] - values[i - 1];
    if (!std::isfinite(d) || d == 0 || (d > 0) != (step > 0)) return false;
    if (evenly && std::abs(d - step) > slack) return false;
  }
  return true;
}

bool are_years(const std::vector<double>& values) {
  return std::ranges::all_of(values, [](double x) { return x >= 1800 && x <= 2200 && x == std::trunc(x); }) &&
         follow_each_other(values, false);
}

/// Whether the numbers of the first row follow each other by `rule`, and those of at most one in ten other rows do.
template <class Rule>
bool only_first(const TextRows& rows, const std::vector<NumberColumn>& columns, const NumberOf& number_of, Rule rule) {
  std::vector<double> values;
  for (const NumberColumn& column : columns) values.push_back(column.first);
  if (!rule(values)) return false;
  std::size_t others = 0;
  for (std::size_t r = 1; r < rows.size(); ++r) {
    values.clear();
    for (const NumberColumn& column : columns) {
      const auto number = column.place < rows[r].size() ? number_of(rows[r][column.place]) : std::nullopt;
      if (number) values.push_back(*number);
    }
    others += values.size() == columns.size() && rule(values);
  }
  return 10 * others <= rows.size() - 1;
}

/// Each number is further from those under it than they are from each other.
bool lie_apart(const std::vector<NumberColumn>& columns) {
  return std::ranges::all_of(columns, [](const NumberColumn& c) {
    const double gap = std::max(c.low - c.first, c.first - c.high);
    return c.seen >= 3 && gap > 0 && gap >= c.high - c.low;
  });
}

/// Each number is below or above all of those under it, which are many.
bool lie_outside(const std::vector<NumberColumn>& columns) {
  return std::ranges::all_of(
      columns, [](const NumberColumn& c) { return c.seen >= 20 && (c.first < c.low || c.first > c.high); });
}

/// Wavelengths, years, the numbers of columns. `words`: how many columns say that there are names beside the numbers.
bool are_names(const TextRows& rows, const std::vector<NumberColumn>& numbers, std::size_t words,
               const NumberOf& number_of) {
  const std::size_t count = numbers.size();
  const auto evenly = [](const std::vector<double>& values) { return follow_each_other(values, true); };
  const auto upward = [](const std::vector<double>& values) { return follow_each_other(values, false); };
  if (lie_apart(numbers) && count + words >= 2) return true;
  if (count >= (words > 0 ? 3 : 4) && only_first(rows, numbers, number_of, evenly)) return true;
  if (count >= (words > 0 ? 5 : 8) && only_first(rows, numbers, number_of, upward)) return true;
  if (count >= 3 && lie_outside(numbers) && only_first(rows, numbers, number_of, evenly) &&
      only_first(rows, numbers, number_of, are_years))
    return true;
  return words > 0 && only_first(rows, numbers, number_of, are_years);
}

std::vector<double> numbers_in(const Row& row, const NumberOf& number_of) {
  std::vector<double> numbers;
  for (const std::string& field : row)
    if (const auto number = number_of(field)) numbers.push_back(*number);
  return numbers;
}

bool is_digits(const std::string& field) {
  return !field.empty() && field.find_first_not_of("0123456789") == std::string::npos;
}

/// The first row holds whole numbers alone, and hardly a row under it has one: a column of decimals begins with none.
bool is_whole_over_decimals(const TextRows& rows) {
  const auto begin = rows[0].begin() + rows[0].front().empty();
  if (rows.size() < 4 || !std::all_of(begin, rows[0].end(), is_digits)) return false;
  const auto has_whole = [&](const Row& row) {
    return row.size() != rows[0].size() || std::any_of(row.begin() + (begin - rows[0].begin()), row.end(), is_digits);
  };
  return 10 * static_cast<std::size_t>(std::count_if(rows.begin() + 1, rows.end(), has_whole)) <= rows.size() - 1;
}

/// Pandas writes no name over the numbers of the rows, which are different in each.
bool has_unnamed_index(const TextRows& rows) {
  if (!rows[0].front().empty() || rows.size() < 3) return false;
  std::unordered_set<std::string_view> seen;
  return std::all_of(rows.begin() + 1, rows.end(), [&](const Row& row) {
    return row.size() == rows[0].size() && is_digits(row[0]) && seen.insert(row[0]).second;
  });
}

/// 0, 1, 2, … or 1, 2, 3, … as pandas writes the names of columns that have none; hardly a row else goes on so evenly.
bool counts_up(const TextRows& rows, const NumberOf& number_of) {
  const std::size_t least = has_unnamed_index(rows) || is_whole_over_decimals(rows) ? 2 : 4;
  const auto is_even = [&](const std::vector<double>& numbers) {
    return numbers.size() >= least && follow_each_other(numbers, true);
  };
  const std::vector<double> first = numbers_in(rows[0], number_of);
  if (!is_even(first) || (first[0] != 0 && first[0] != 1) || first[1] != first[0] + 1) return false;
  if (least == 2) return true;
  const auto others =
      std::count_if(rows.begin() + 1, rows.end(), [&](const Row& row) { return is_even(numbers_in(row, number_of)); });
  return 10 * static_cast<std::size_t>(others) <= rows.size() - 1;
}

bool holds_names(const TextRows& rows, const NumberOf& number_of) {
  const Row& first = rows[0];
  if (rows.size() == 1)
    return std::ranges::none_of(first, [&](const std::string& f) { return is_missing_mark(f) || number_of(f); });
  if (counts_up(rows, number_of)) return true;
  const Evidence evidence = weigh(rows, number_of);
  if (evidence.empty > 0 && evidence.names == 0) return false;
  const std::size_t words = evidence.names + (evidence.repeated == 0 ? evidence.lone : 0);
  const std::size_t numbers = evidence.numbers.size();
  if (numbers > 0) {
    if (evidence.names + (evidence.repeated == 0) > 0 && are_names(rows, evidence.numbers, words, number_of))
      return true;
    // Two texts over numbers are hardly two odd values in one row, and a word over the targets is hardly one.
    if (evidence.ends_in_word && numbers + 1 == rows[0].size()) return true;
    if (evidence.names >= 2 && 4 * evidence.names >= numbers && !evidence.doubled) return true;
  }
  const double votes = static_cast<double>(evidence.names) + 0.5 * static_cast<double>(evidence.lone) -
                       static_cast<double>(evidence.repeated) - 2 * static_cast<double>(numbers) -
                       (evidence.doubled ? 1.5 : 0);
  return votes > 0;
}

/// The columns that the fields of a row without names belong to; none where the row does not fit.
std::vector<const ColumnSpec*> by_place(const TableSchema& schema, std::size_t width) {
  std::vector<const ColumnSpec*> columns;
  const bool all = width == schema.columns.size();
  for (const ColumnSpec& column : schema.columns)
    if (all || column.use != ColumnUse::target) columns.push_back(&column);
  if (columns.size() != width) columns.clear();
  return columns;
}

/// The first row has the look of names to the model: texts in place of its numbers, or words that it has never seen.
bool is_foreign_to(const TextRows& rows, const TableSchema& schema, const NumberOf& number_of) {
  const std::vector<const ColumnSpec*> columns = by_place(schema, rows[0].size());
  if (columns.empty()) return holds_names(rows, number_of);
  std::size_t names = 0, unseen = 0, values = 0, numbers = 0;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const std::string& field = rows[0][c];
    if (is_missing(field)) continue;
    const auto& categories = columns[c]->categories;
    if (columns[c]->kind == ColumnKind::number)
      ++(number_of(field) ? numbers : names);
    else if (!categories.empty())
      ++(std::ranges::find(categories, field) == categories.end() ? unseen : values);
  }
  if (names > 0 && values == 0 && numbers == 0) return true;
  if (rows.size() == 1) return false;
  if (names > 0 || numbers > 0) return names > 0 && holds_names(rows, number_of);
  return values == 0 && unseen >= 2 && holds_names(rows, number_of);
}

bool find_known_header(const TextRows& rows, const TableSchema& schema, const NumberOf& number_of) {
  const Row& first = rows[0];
  std::unordered_set<std::string_view> names;
  std::size_t features = 0;
  for (const ColumnSpec& column : schema.columns) {
    names.insert(column.name);
    features += column.use == ColumnUse::feature;
  }
  const auto found =
      static_cast<std::size_t>(std::ranges::count_if(first, [&](const auto& field) { return names.contains(field); }));
  // A value may be the name of a column; half of the names are no accident.
  if (found > 0 && 2 * found >= std::min(features, first.size())) return true;
  if (found > 0 && schema.has_header && holds_names(rows, number_of)) return true;
  return is_foreign_to(rows, schema, number_of);
}

}  // namespace

bool find_header(const TextRows& rows, const TableSchema* schema, const NumberOf& number_of) {
  if (rows.empty()) return false;
  return schema ? find_known_header(rows, *schema, number_of) : holds_names(rows, number_of);
}

}  // namespace relume::data
