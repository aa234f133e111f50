// Public. Delimited text: rows of fields, one at a time, and tables made of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relume/data/number_text.h"
#include "relume/data/table.h"

namespace relume::data {

enum class ColumnUse : std::uint8_t { feature, target, unused };

/// A column of the table that a model was trained on.
struct ColumnSpec {
  std::string name = {};
  ColumnKind kind = ColumnKind::number;
  ColumnUse use = ColumnUse::feature;
  bool required = true;
  std::span<const std::string> categories = {};  ///< texts that training saw, where they were kept
  std::string unit = {};                         ///< a currency or "%" that its numbers have
  std::vector<std::string> missing = {};         ///< texts that are missing values among its numbers
};

/// What a model knows of the table that it was trained on.
struct TableSchema {
  std::vector<ColumnSpec> columns = {};  ///< all of them, in their order
  bool has_header = true;                ///< false: their names are made up, they are known by their place
  Decimal decimal = Decimal::point;
  std::vector<std::string> missing = {};  ///< CsvOptions::missing of training; those of later files come on top
};

struct CsvOptions {
  /// One character, or ' ' for runs of blanks. Found from the file's beginning where it is not given.
  std::optional<char> delimiter = {};
  /// Whether the first row holds names. Found from the file's beginning where it is not given.
  std::optional<bool> header = {};
  /// Judges whether the first row holds names, and what trails behind the rows, by what is known of the table.
  const TableSchema* schema = nullptr;
  /// Found from all fields together where it is not given.
  std::optional<Decimal> decimal = {};
  /// More texts that stand for a missing value, as they are written; numbers among numbers also in other spellings.
  std::vector<std::string> missing = {};
};

/// One row. The views are valid until the reader's next call.
struct CsvRow {
  std::vector<std::string_view> fields;  ///< unquoted, blanks around them dropped
  std::int64_t line = 0;                 ///< where the row starts, counted from 1
};

class ByteSource;

/// Streams the rows of a file (plain or gzip) that may be larger than memory. RFC 4180 quoting, \" inside of quotes;
/// LF, CRLF and CR, mixed or not; UTF-8, UTF-16 by its mark, Windows-1252 where a byte is no UTF-8 (see notes()). A
/// quote inside of an unquoted field is a character like any other, and so is one that opens a field and is never
/// closed while the lines are complete without it. Passed over are blank lines (in a table of one column they are rows
/// without a value, but for those at the end), comments (lines that begin with # above and between rows), rows that
/// repeat the header, Excel's "sep=;", and columns at the end that have neither name nor values. An InputError with
/// file:line:column (the column is the field's number) are rows that have fewer or more fields than the first, but for
/// surplus empty fields at the end, and a first row unlike the others; and whatever is no table.
class CsvReader {
 public:
  explicit CsvReader(const std::filesystem::path& path, const CsvOptions& options = {});
  explicit CsvReader(std::shared_ptr<ByteSource> source, const CsvOptions& options = {});
  CsvReader(CsvReader&&) noexcept;
  ~CsvReader();

  char delimiter() const;
  bool has_header() const;
  /// Whether the file's beginning looks as if a comma stood for the decimal point.
  bool decimal_comma() const;
  /// The header's names, or column1, column2, …
  const std::vector<std::string>& names() const;
  /// The header has no name for the column.
  bool is_unnamed(std::size_t column) const;
  /// The next row after the header; false at the end.
  bool next(CsvRow& row);
  /// "file:line:column" of a field, for messages.
  std::string where(const CsvRow& row, std::size_t field) const;
  /// How the rows that were read so far are not as they stand in the file, in sentences.
  std::vector<std::string> notes() const;
  const std::filesystem::path& path() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Reads a file into tables of at most so many rows, with the features and the target that a model was trained on:
/// found by name in any order where the file has a header with them, else by place, with the target's column or
/// without. Where training had no header, the first row is one only where it holds texts in place of all the numbers.
/// The decimal mark is training's unless the file's first number that can have only one is of the other kind; a later
/// number that does not fit is an InputError. The tables have the names that training had. Throws InputError that names
/// a missing column, or the place of a field that is not a number where one is due.
class TableReader {
 public:
  TableReader(const std::filesystem::path& path, const TableSchema& schema, const CsvOptions& options = {});

  /// Replaces the table's rows by the next ones; false where none are left.
  bool next(Table& table, std::int64_t max_rows);

  /// From now on the fields of one more column of the file, by name or number as find_column() takes them, are kept as
  /// they stand. Returns its name. Throws InputError where there is none.
  const std::string& keep(std::string_view column);
  /// Those of the rows that next() gave.
  const std::vector<std::string>& kept() const { return kept_; }

 private:
  void match_by_name(const std::vector<ColumnSpec>& columns);
  void match_by_place(const std::vector<ColumnSpec>& columns);

  std::optional<Decimal> proof(const CsvRow& row, bool& open) const;
  void settle_decimal(const CsvRow& row);

  CsvReader reader_;
  CsvOptions options_;
  TableSchema schema_;
  Decimal decimal_ = Decimal::point;
  bool settled_ = false;             // no later field changes the decimal mark
  std::vector<ColumnSpec> columns_;  // those to read
  std::vector<std::size_t> fields_;  // where in the row each of them is
  std::optional<std::size_t> field_to_keep_;
  std::vector<std::string> kept_;
};

/// The whole file. A column is numbers where every field that is not missing is one, or nearly every: the few others
/// are missing values then, and the table's notes name them. All else is text, and so are whole numbers of which some
/// would become one as numbers ("01" and "1", ids beyond 2⁵³). Missing are the empty field, ?, NA, N/A, NaN, null, and
/// in a column of numbers also none, nil, unknown, missing, -, --, . and *; case does not matter. Infinity is an
/// InputError, and so are numbers whose decimal mark no field tells: "1,234" is 1234 where another field has a point
/// ("0.5"), 1.234 where one has a comma ("0,5"), and must be told where it is alone.
Table read_table(const std::filesystem::path& path, const CsvOptions& options = {});
/// The same of bytes that may be read several times, from where they are at.
Table read_table(const std::shared_ptr<ByteSource>& bytes, const CsvOptions& options = {});

/// The whole file with the columns of TableReader.
Table read_table(const std::filesystem::path& path, const TableSchema& schema, const CsvOptions& options = {});

/// Whether the text stands for a missing value in every column.
bool is_missing_mark(std::string_view text);

/// The number without a unit that the text is, as a whole, see read_number(). With `decimal_comma` "1,5" is 1.5.
/// Nothing for what is not a number.
std::optional<double> parse_number(std::string_view text, bool decimal_comma = false);

}  // namespace relume::data
