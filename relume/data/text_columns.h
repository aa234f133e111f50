// Public. Columns of text that hold numbers, in data that comes from no file.
#pragma once

#include "relume/data/csv.h"
#include "relume/data/table.h"

namespace relume::data {

/// Makes columns of numbers of the table's columns of text that hold numbers, by the rules of read_table() for a whole
/// file: all of them together tell the decimal mark, a few texts among numbers are missing values, codes stay text.
/// What was not read as it stands goes into the table's notes. Throws InputError where the decimal mark is open.
void read_numbers(Table& table, const CsvOptions& options = {});

/// The same with the kinds that training's columns had; a text that is no number where one is due is an InputError.
void read_numbers(Table& table, const TableSchema& schema, const CsvOptions& options = {});

}  // namespace relume::data
