// Public. Rows of named columns, as a CSV file holds them.
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "relume/data/column_reading.h"
#include "relume/data/number_text.h"

namespace relume::data {

enum class ColumnKind : std::uint8_t { number, text };

/// "number", "text".
constexpr std::string_view name(ColumnKind kind) { return kind == ColumnKind::text ? "text" : "number"; }

/// One column. Numbers: NaN is missing. Text: an index into the distinct values, −1 is missing.
struct Column {
  std::string name = {};
  ColumnKind kind = ColumnKind::number;
  std::vector<double> numbers = {};
  std::vector<std::int32_t> codes = {};
  std::vector<std::string> values = {};  ///< the distinct texts, in the order in which they came
  ColumnReading reading = {};            ///< how its fields were read from text

  bool is_text() const { return kind == ColumnKind::text; }
  std::int64_t rows() const { return static_cast<std::int64_t>(is_text() ? codes.size() : numbers.size()); }
  bool missing(std::int64_t row) const {
    const auto r = static_cast<std::size_t>(row);
    return is_text() ? codes[r] < 0 : std::isnan(numbers[r]);
  }
  /// The field as text, a number as spell() has it; empty where it is missing.
  std::string text(std::int64_t row) const;
  /// A number as the column writes it, if that is known, else in its shortest form ("1", "0.25").
  std::string spell(double number) const;
  /// Every value is missing.
  bool is_empty() const;
};

struct Table {
  std::vector<Column> columns;
  bool has_header = true;                 ///< false: the names are made up, columns are known by their place
  std::string source = {};                ///< the file it came from, or what made it; for messages
  Decimal decimal = Decimal::point;       ///< how its numbers were written
  std::vector<std::string> missing = {};  ///< CsvOptions::missing
  std::vector<std::int64_t> lines;        ///< the line of each row in that file; empty where there is none
  bool absent_is_zero = false;            ///< a column that is not there is 0 in every row: of a sparse file
  std::vector<std::string> notes = {};    ///< sentences on how the file was read, where that was not as it stands
  /// Rows of the same columns that came as validation rows and as a test set; null without.
  std::shared_ptr<const Table> valid = {}, test = {};

  std::int64_t rows() const { return columns.empty() ? 0 : columns.front().rows(); }
  /// The column of that name, or null.
  const Column* find(std::string_view name) const;
  /// Puts a column of numbers, or of texts, behind the others: table.add_numbers("rooms", {3, 4}).add_texts("place",
  /// {"north", ""}). NaN and the empty text are missing values. Throws ValueError where it has not as many rows as the
  /// others, or where there is a column of that name.
  Table& add_numbers(std::string name, std::vector<double> numbers);
  Table& add_texts(std::string name, const std::vector<std::string>& texts);

  /// "file:line" of a row, or "source: row n", for messages.
  std::string where(std::int64_t row) const;
};

/// Throws InputError, which names row and column, where a number is infinite.
void check_finite(const Column& column, const Table& table);

/// A column of texts; the empty one is a missing value.
Column text_column(std::string name, const std::vector<std::string>& texts);

/// A number in the shortest text that reads back as the same.
std::string shortest(double number);

/// A number to so many digits of `scale`, the size of what is of interest in it, and to as many more as it is larger
/// than that: of 1.7e9 + 0.123456789 at a scale of 1 and 3 digits 1700000000.12, of 3.14159 there 3.14.
std::string rounded(double number, double scale, int digits);

/// The place of the column that `which` means: a name, a number counted from 1 (negative from the end), or "last": the
/// last one that is not empty. A name goes before a number. Throws InputError, which begins with `asker`, lists the
/// columns and suggests the nearest name.
int find_column(const Table& table, std::string_view which, std::string_view asker = "target");

}  // namespace relume::data

namespace relume {
using data::Table;
}  // namespace relume
