// A whole file as a table. What its columns are is decided when all of it was seen; where the first look kept the wrong
// thing, the file is read again.
#include <algorithm>
#include <memory>
#include <optional>

#include "relume/base/require.h"
#include "relume/data/byte_source.h"
#include "relume/data/column_survey.h"
#include "relume/data/csv.h"
#include "relume/data/decimal_choice.h"

namespace relume::data {
namespace {

/// One look at the file.
struct Look {
  std::vector<ColumnSurvey> columns;
  Table table;  // without what is in the columns
  char delimiter = ',';
  Decimal assumed = Decimal::point;
};

/// Without `decimal` it goes by what the file's beginning looks like, so that most files are read once.
Look look_at(const std::shared_ptr<ByteSource>& bytes, const CsvOptions& options, std::optional<Decimal> decimal,
             const std::vector<bool>& as_text) {
  CsvReader reader(bytes, options);
  const Decimal assumed = decimal.value_or(reader.decimal_comma() ? Decimal::comma : Decimal::point);
  const std::vector<std::string>& names = reader.names();
  Look look;
  look.delimiter = reader.delimiter();
  look.assumed = assumed;
  look.table.has_header = reader.has_header();
  look.table.source = bytes->path().string();
  look.columns.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    look.columns.emplace_back(assumed, i < as_text.size() && as_text[i], options.missing);
    look.table.columns.push_back({.name = names[i]});
    look.table.columns.back().reading.unnamed = reader.is_unnamed(i);
  }
  CsvRow row;
  while (reader.next(row)) {
    for (std::size_t i = 0; i < names.size(); ++i) look.columns[i].add(row.fields[i]);
    look.table.lines.push_back(row.line);
  }
  look.table.notes = reader.notes();
  for (ColumnSurvey& column : look.columns) column.close();
  require<InputError>(!look.table.lines.empty(), "csv: {} has a header but no rows; give a table with data",
                      look.table.source);
  return look;
}

/// Takes the columns out of the look. Throws InputError where one is infinite.
Table take_table(Look& look) {
  Table table = std::move(look.table);
  for (std::size_t i = 0; i < look.columns.size(); ++i) {
    std::int64_t infinite = -1;
    const bool unnamed = table.columns[i].reading.unnamed;
    table.columns[i] = look.columns[i].take(std::move(table.columns[i].name), infinite);
    table.columns[i].reading.unnamed = unnamed;
    require<InputError>(infinite < 0, "csv: {}:{}: column '{}' is infinite here; mend the field or leave it empty",
                        table.where(infinite), i + 1, table.columns[i].name);
  }
  return table;
}

/// Whether a column's first row holds a text that no other row has, or nothing, in place of what the column is of.
bool begins_with_stranger(const Column& column, bool& is_stranger) {
  if (!column.is_text()) {
    const auto& odd = column.reading.odd;
    is_stranger = !odd.empty() && odd[0].row == 0;
    return column.missing(0) && (!is_stranger || odd[0].count == 1);
  }
  is_stranger = !column.missing(0);
  return !is_stranger || std::ranges::count(column.codes, column.codes[0]) == 1;
}

/// A row of units under the names: it has no number where the others do, and no text that comes again.
bool has_row_of_units(const Table& table) {
  if (table.rows() < 10) return false;
  std::size_t among_numbers = 0, among_classes = 0;
  for (const Column& column : table.columns) {
    bool is_stranger = false;
    if (!begins_with_stranger(column, is_stranger)) return false;
    if (!is_stranger) continue;
    const bool few = column.is_text() && 5 * static_cast<std::int64_t>(column.values.size()) <= column.rows();
    among_numbers += !column.is_text();
    among_classes += few;
  }
  return among_numbers >= 2 || (among_numbers == 1 && among_classes >= 1);
}

void drop_first_row(Table& table) {
  table.lines.erase(table.lines.begin());
  for (Column& column : table.columns) {
    if (column.is_text())
      column.codes.erase(column.codes.begin());
    else
      column.numbers.erase(column.numbers.begin());
    for (auto* fields : {&column.reading.odd, &column.reading.marks})
      for (FieldText& field : *fields) field.row = std::max<std::int64_t>(field.row - 1, 0);
  }
}

std::string first_texts(const Table& table) {
  std::string texts;
  int count = 0;
  for (const Column& column : table.columns) {
    const std::string text = column.is_text()                ? column.text(0)
                             : column.reading.odd.empty()    ? std::string()
                             : column.reading.odd[0].row > 0 ? std::string()
                                                             : column.reading.odd[0].text;
    if (text.empty() || ++count > 4) continue;
    texts += fmt::format("{}'{}'", texts.empty() ? "" : ", ", text.substr(0, 20));
  }
  return texts;
}

void write_notes(Table& table, Decimal decimal) {
  const auto add = [&table](std::string note) { table.notes.push_back(std::move(note)); };
  const bool units = has_row_of_units(table);
  for (std::string& note : reading_notes(table, decimal, units ? 0 : -1)) add(std::move(note));
  if (units) {
    add(fmt::format("{} holds no data but {}; it is left out", line_of(table, 0), first_texts(table)));
    drop_first_row(table);
  }
}

}  // namespace

Table read_table(const std::filesystem::path& path, const CsvOptions& options) {
  return read_table(std::make_shared<ByteSource>(path, ByteSource::Passes::several), options);
}

Table read_table(const std::shared_ptr<ByteSource>& bytes, const CsvOptions& options) {
  const auto look_again = [&](Decimal decimal, const std::vector<bool>& as_text) {
    bytes->rewind();
    return look_at(bytes, options, decimal, as_text);
  };
  Look look = look_at(bytes, options, options.decimal, {});
  const Decimal decimal =
      choose_decimal(look.columns, look.table, {.stated = options.decimal, .points_are_usual = look.delimiter == ','});
  const auto doubt = look.delimiter == ';' && decimal == Decimal::point && !options.decimal
                         ? doubtful_point(look.columns, look.table)
                         : std::nullopt;
  const bool misread = std::ranges::any_of(look.columns, &ColumnSurvey::depends_on_decimal);
  if (decimal != look.assumed && misread) look = look_again(decimal, {});
  for (ColumnSurvey& column : look.columns) column.decide(decimal);
  std::vector<bool> as_text;
  for (const ColumnSurvey& column : look.columns) as_text.push_back(column.must_be_read_as_text());
  if (std::ranges::find(as_text, true) != as_text.end()) look = look_again(decimal, as_text);
  Table table = take_table(look);
  table.decimal = decimal;
  table.missing = options.missing;
  write_notes(table, decimal);
  if (doubt) table.notes.push_back(*doubt);
  return table;
}

}  // namespace relume::data
