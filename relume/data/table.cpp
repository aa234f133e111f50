#include "relume/data/table.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "relume/base/require.h"

namespace relume::data {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Levenshtein's distance, upper and lower case alike.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row.back();
}

[[noreturn]] void no_such_column(const Table& table, std::string_view which) {
  std::string names, nearest;
  std::size_t best = 1 + std::max<std::size_t>(2, which.size() / 3);
  std::size_t listed = 0;
  for (const Column& column : table.columns) {
    if (listed++ < 30) names += (names.empty() ? "" : ", ") + column.name;
    if (const std::size_t distance = edit_distance(column.name.substr(0, 100), which.substr(0, 100)); distance < best) {
      best = distance;
      nearest = column.name;
    }
  }
  if (listed > 30) names += fmt::format(", … {} more", listed - 30);
  fail<InputError>(
      "target: {} has no column '{}'{}; its columns are {} (or give a number from 1, negative from the end)",
      table.source.empty() ? "the table" : table.source, which,
      nearest.empty() ? "" : fmt::format(", did you mean '{}'?", nearest), names);
}

}  // namespace

std::string shortest(double number) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  std::string general(text, end);
  // Whole numbers read better without an exponent: 100000, not 1e+05.
  if (general.find('e') != std::string::npos && std::abs(number) < 1e15 && number == std::trunc(number))
    general.assign(text, std::to_chars(text, text + sizeof text, static_cast<std::int64_t>(number)).ptr);
  return general;
}

std::string Column::text(std::int64_t row) const {
  if (missing(row)) return {};
  const auto r = static_cast<std::size_t>(row);
  return is_text() ? values[static_cast<std::size_t>(codes[r])] : shortest(numbers[r]);
}

const Column* Table::find(std::string_view wanted) const {
  const auto found = std::ranges::find(columns, wanted, &Column::name);
  return found == columns.end() ? nullptr : &*found;
}

std::string Table::where(std::int64_t row) const {
  const std::string from = source.empty() ? "table" : source;
  if (static_cast<std::size_t>(row) < lines.size())
    return fmt::format("{}:{}", from, lines[static_cast<std::size_t>(row)]);
  return fmt::format("{}: row {}", from, row + 1);
}

int find_column(const Table& table, std::string_view which) {
  const int count = static_cast<int>(table.columns.size());
  if (const Column* column = table.find(which)) return static_cast<int>(column - table.columns.data());
  if (which == "last" && count > 0) return count - 1;
  int number = 0;
  const auto [end, error] = std::from_chars(which.data(), which.data() + which.size(), number);
  const bool whole = error == std::errc() && end == which.data() + which.size();
  if (whole && number >= 1 && number <= count) return number - 1;
  if (whole && number <= -1 && number >= -count) return count + number;
  no_such_column(table, which);
}

}  // namespace relume::data
