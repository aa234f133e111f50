// Public. What is known of a table before a network learns from it: numbers far from the others, columns that tell the
// target.
#pragma once

#include <span>
#include <vector>

#include "relume/data/preprocess.h"
#include "relume/health/measurements.h"

namespace relume::health {

/// What stands far from the rest; nothing for fewer than 20 values that are numbers.
std::optional<TargetColumn> measure_target(std::vector<double> values);

/// The numbers of a column that stand apart: at most a twentieth of them, or of a mark's a half, where the gap to the
/// others is widest. Nothing for fewer than 20 others, or where those are of one or two values.
std::optional<OutlyingColumn> measure_outlying(std::string name, std::vector<double> values);

/// How much of the target a column tells by itself, on these rows.
///
/// Classes: the share of each class's rows that are told right, a mean over the classes, by the best of a class for
/// each value (of the other rows that have it) and a threshold between two classes, or between all in a row. Numbers:
/// the larger square of Pearson's and Spearman's correlations, or the share of the variance that lies between a
/// column's few values. 0 where there are fewer than 50 rows, or than 10 of a class.
double tells(const data::Column& column, const data::Column& target, data::Task task,
             std::span<const std::int64_t> rows);

/// The targets of all rows, and, by the training rows, of which 20,000 are enough, the columns in use with numbers
/// apart from the others, and those that tell over nine tenths of the target, where there are three columns or more; of
/// one or two, one may well be all that there is to know.
DataFacts look_at_table(const data::Table& table, const data::Preprocessor& preprocessor,
                        std::span<const std::int64_t> training_rows);

}  // namespace relume::health
