#include "relume/data/text_columns.h"

#include <unordered_map>

#include "relume/base/require.h"
#include "relume/data/column_filler.h"
#include "relume/data/decimal_choice.h"

namespace relume::data {
namespace {

std::string_view field_of(const Column& column, std::int64_t row) {
  const std::int32_t code = column.codes[static_cast<std::size_t>(row)];
  return code < 0 ? std::string_view() : std::string_view(column.values[static_cast<std::size_t>(code)]);
}

/// A column of text, and the numbers that it was in training.
struct Due {
  Column* column;
  const ColumnSpec* spec;
};

std::vector<Due> numbers_due(Table& table, const TableSchema& schema) {
  std::unordered_map<std::string_view, const ColumnSpec*> specs;
  for (const ColumnSpec& spec : schema.columns)
    if (spec.kind == ColumnKind::number && spec.use != ColumnUse::unused) specs.emplace(spec.name, &spec);
  std::vector<Due> due;
  for (Column& column : table.columns)
    if (const auto found = specs.find(column.name); column.is_text() && found != specs.end())
      due.push_back({&column, found->second});
  return due;
}

/// What the texts prove, if they agree.
std::optional<Decimal> proved_by(const std::vector<Due>& due) {
  bool point = false, comma = false;
  for (const Due& d : due)
    for (const std::string& text : d.column->values) {
      const NumberReadings readings = read_number(text);
      point |= readings.point && !readings.comma;
      comma |= readings.comma && !readings.point;
    }
  if (point == comma) return std::nullopt;
  return point ? Decimal::point : Decimal::comma;
}

}  // namespace

void read_numbers(Table& table, const CsvOptions& options) {
  Table texts;  // the columns that may change
  texts.source = table.source;
  texts.lines = table.lines;
  std::vector<Column*> columns;
  std::vector<ColumnSurvey> surveys;
  for (Column& column : table.columns) {
    if (!column.is_text()) continue;
    columns.push_back(&column);
    texts.columns.push_back({.name = column.name});
    ColumnSurvey& survey = surveys.emplace_back(Decimal::point, true, options.missing);
    for (std::int64_t row = 0; row < column.rows(); ++row) survey.add(field_of(column, row));
    survey.close();
  }
  table.decimal = choose_decimal(surveys, texts, {.stated = options.decimal});
  table.missing = options.missing;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    std::int64_t infinite = -1;
    surveys[i].decide(table.decimal);
    texts.columns[i] = surveys[i].take(columns[i]->name, infinite);
    require<InputError>(infinite < 0, "data: {}: column '{}' is infinite here; mend it or leave it out",
                        table.where(infinite), columns[i]->name);
    *columns[i] = texts.columns[i];
  }
  for (std::string& note : reading_notes(texts, table.decimal, -1)) table.notes.push_back(std::move(note));
}

void read_numbers(Table& table, const TableSchema& schema, const CsvOptions& options) {
  std::vector<std::string> marks = options.missing;
  marks.insert(marks.end(), schema.missing.begin(), schema.missing.end());
  const std::vector<Due> due = numbers_due(table, schema);
  table.decimal = options.decimal ? *options.decimal : proved_by(due).value_or(schema.decimal);
  for (const Due& d : due) {
    ColumnFiller filler(*d.spec, marks);
    for (std::int64_t row = 0; row < d.column->rows(); ++row)
      filler.add(field_of(*d.column, row), table.decimal, [&] { return table.where(row); });
    *d.column = filler.take();
  }
}

}  // namespace relume::data
