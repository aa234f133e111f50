// Private. How all the columns of a table together write their numbers.
#pragma once

#include <optional>
#include <span>

#include "relume/data/column_survey.h"

namespace relume::data {

/// What choose_decimal() goes by beside the columns.
struct DecimalHints {
  std::optional<Decimal> stated = {};  ///< by the user: taken
  bool points_are_usual = true;        ///< "1.234" beside "344" is no 1234, unless there are many of both
};

/// The decimal mark that the columns prove, else the point. Throws InputError where they contradict each other, or
/// where all that there is could be thousands ("1,234") as well. `table` has the columns' names and the places of their
/// rows.
Decimal choose_decimal(std::span<const ColumnSurvey> columns, const Table& table, const DecimalHints& hints);

/// A sentence on a decimal point that could stand between thousands as well, where no number of the table shows which.
std::optional<std::string> doubtful_point(std::span<const ColumnSurvey> columns, const Table& table);

/// Sentences on what was read otherwise than it stands: decimal commas, currencies, texts among numbers, marks of
/// missing values. `but_row`: a row that is spoken of elsewhere, or −1.
std::vector<std::string> reading_notes(const Table& table, Decimal decimal, std::int64_t but_row);

/// "line 12" of the file, or "row 11" where the table has no lines.
std::string line_of(const Table& table, std::int64_t row);

}  // namespace relume::data
