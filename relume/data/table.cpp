#include "relume/data/table.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "relume/base/nearest.h"
#include "relume/base/parse.h"
#include "relume/base/require.h"

namespace relume::data {
namespace {

[[noreturn]] void no_such_column(const Table& table, std::string_view which, std::string_view asker) {
  std::string names;
  std::vector<std::string_view> all;
  for (const Column& column : table.columns) {
    if (all.size() < 30) names += (names.empty() ? "" : ", ") + column.name;
    all.push_back(column.name);
  }
  const std::string_view near = nearest(which, all);
  if (all.size() > 30) names += fmt::format(", … {} more", all.size() - 30);
  fail<InputError>("{}: {} has no column '{}'{}; its columns are {} (or give a number from 1, negative from the end)",
                   asker, table.source.empty() ? "the table" : table.source, which,
                   near.empty() ? "" : fmt::format(", did you mean '{}'?", near), names);
}

/// Room for a column of that name and length.
void check_new(const Table& table, const std::string& name, std::size_t rows) {
  require(!table.find(name), "table: there is a column \"{}\" already", name);
  require(table.columns.empty() || table.rows() == static_cast<std::int64_t>(rows),
          "table: column \"{}\" has {} rows, the others have {}", name, rows, table.rows());
}

}  // namespace

Column text_column(std::string name, const std::vector<std::string>& texts) {
  Column column{.name = std::move(name), .kind = ColumnKind::text};
  std::unordered_map<std::string_view, std::int32_t> codes;
  for (const std::string& text : texts) {
    if (text.empty()) {
      column.codes.push_back(-1);
      continue;
    }
    const auto [place, is_new] = codes.emplace(text, static_cast<std::int32_t>(column.values.size()));
    if (is_new) column.values.push_back(text);
    column.codes.push_back(place->second);
  }
  return column;
}

Table& Table::add_numbers(std::string name, std::vector<double> numbers) {
  check_new(*this, name, numbers.size());
  columns.push_back({.name = std::move(name), .numbers = std::move(numbers)});
  return *this;
}

Table& Table::add_texts(std::string name, const std::vector<std::string>& texts) {
  check_new(*this, name, texts.size());
  columns.push_back(text_column(std::move(name), texts));
  return *this;
}

std::string shortest(double number) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  std::string general(text, end);
  // Whole numbers read better without an exponent: 100000, not 1e+05.
  if (general.find('e') != std::string::npos && std::abs(number) < 1e15 && number == std::trunc(number))
    general.assign(text, std::to_chars(text, text + sizeof text, static_cast<std::int64_t>(number)).ptr);
  return general;
}

std::string rounded(double number, double scale, int digits) {
  constexpr int most = 17;
  // The places in front of the scale's first digit.
  const double before = std::floor(std::log10(std::fabs(number))) - std::floor(std::log10(scale));
  if (before > 0) digits += static_cast<int>(std::min<double>(before, most));
  return fmt::format("{:.{}g}", number, std::min(digits, most));
}

std::string Column::text(std::int64_t row) const {
  if (missing(row)) return {};
  const auto r = static_cast<std::size_t>(row);
  return is_text() ? values[static_cast<std::size_t>(codes[r])] : spell(numbers[r]);
}

std::string Column::spell(double number) const {
  const auto found = std::ranges::lower_bound(reading.spellings, number, {}, &Spelling::number);
  return found != reading.spellings.end() && found->number == number ? found->text : shortest(number);
}

bool Column::is_empty() const {
  for (std::int64_t row = 0; row < rows(); ++row)
    if (!missing(row)) return false;
  return true;
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

void check_finite(const Column& column, const Table& table) {
  const auto found = std::ranges::find_if(column.numbers, [](double number) { return std::isinf(number); });
  require<InputError>(found == column.numbers.end(),
                      "data: {}: column '{}' is infinite; mend the value, or leave it empty (NaN in an array)",
                      table.where(found - column.numbers.begin()), column.name);
}

int find_column(const Table& table, std::string_view which, std::string_view asker) {
  const int count = static_cast<int>(table.columns.size());
  if (const Column* column = table.find(which)) return static_cast<int>(column - table.columns.data());
  // Names have no blanks around them.
  if (const std::size_t first = which.find_first_not_of(" \t"); first != std::string_view::npos) {
    const std::string_view word = which.substr(first, which.find_last_not_of(" \t") - first + 1);
    if (word.size() < which.size()) return find_column(table, word, asker);
  }
  if (which == "last" && count > 0) {
    // Empty columns trail behind what spreadsheets write.
    int last = count - 1;
    while (last > 0 && table.columns[static_cast<std::size_t>(last)].is_empty()) --last;
    return table.columns[static_cast<std::size_t>(last)].is_empty() ? count - 1 : last;
  }
  int number = 0;
  const bool whole = parse(which, number);
  if (whole && number >= 1 && number <= count) return number - 1;
  if (whole && number <= -1 && number >= -count) return count + number;
  no_such_column(table, which, asker);
}

}  // namespace relume::data
