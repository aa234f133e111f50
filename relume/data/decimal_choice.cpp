#include "relume/data/decimal_choice.h"

#include <algorithm>

#include "relume/base/require.h"

namespace relume::data {
namespace {

/// A text in a column, as an argument.
struct Witness {
  const FieldText* field = nullptr;
  std::string_view column;
};

std::string place(const Table& table, const Witness& witness) {
  return fmt::format("'{}' in {} of column '{}'", witness.field->text, line_of(table, witness.field->row),
                     witness.column);
}

[[noreturn]] void ask(const std::string& what) {
  throw OptionError({"decimal"}, what, "say which is meant: decimal point or decimal comma");
}

std::string source_of(const Table& table) { return table.source.empty() ? "the table" : table.source; }

}  // namespace

std::string line_of(const Table& table, std::int64_t row) {
  const auto at = static_cast<std::size_t>(row);
  return at < table.lines.size() ? fmt::format("line {}", table.lines[at]) : fmt::format("row {}", row + 1);
}

Decimal choose_decimal(std::span<const ColumnSurvey> columns, const Table& table, const DecimalHints& hints) {
  if (hints.stated) return *hints.stated;
  Witness point, comma, either_comma, either_point;
  const auto keep = [](Witness& witness, const FieldText& field, std::string_view column) {
    if (!witness.field) witness = {&field, column};
  };
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const NumberEvidence& evidence = columns[i].evidence();
    const NumberTally all = evidence.total();
    const std::string& name = table.columns[i].name;
    if (all.point > 0 && columns[i].is_numbers(Decimal::point)) keep(point, evidence.first_point(), name);
    if (all.comma > 0 && columns[i].is_numbers(Decimal::comma)) keep(comma, evidence.first_comma(), name);
    if (!columns[i].is_numbers(Decimal::point) && !columns[i].is_numbers(Decimal::comma)) continue;
    if (all.either_comma > 0) keep(either_comma, evidence.first_either(), name);
    if (hints.points_are_usual ? evidence.points_look_like_thousands() : evidence.points_may_be_thousands())
      keep(either_point, evidence.first_either(), name);
  }
  if (point.field && comma.field)
    ask(fmt::format("csv: {}: {} has a decimal point and {} a decimal comma", source_of(table), place(table, point),
                    place(table, comma)));
  if (comma.field) return Decimal::comma;
  if (point.field) return Decimal::point;
  const Witness& open = either_comma.field ? either_comma : either_point;
  if (!open.field) return Decimal::point;
  const NumberReadings readings = read_number(open.field->text);
  ask(fmt::format("csv: {}: {} may be {} or {}, and no other field tells", source_of(table), place(table, open),
                  shortest(readings.point.value_or(0)), shortest(readings.comma.value_or(0))));
}

std::optional<std::string> doubtful_point(std::span<const ColumnSurvey> columns, const Table& table) {
  Witness open;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!columns[i].is_numbers(Decimal::point)) continue;
    const NumberTally all = columns[i].evidence().total();
    if (all.point > 0) return std::nullopt;
    if (all.either_point > 0 && !open.field) open = {&columns[i].evidence().first_either(), table.columns[i].name};
  }
  if (!open.field) return std::nullopt;
  const NumberReadings readings = read_number(open.field->text);
  return fmt::format("{} is read as {}; where it is {}, say so: --decimal comma", place(table, open),
                     shortest(readings.point.value_or(0)), shortest(readings.comma.value_or(0)));
}

}  // namespace relume::data
