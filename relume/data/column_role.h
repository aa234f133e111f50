// Private. Which columns a network can use, and how.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>

#include "relume/data/preprocess.h"

namespace relume::data {

/// What is decided about a column: how it becomes features, or why it does not.
using ColumnRole = std::variant<ColumnPlan, LeftOut>;

/// Judges a column by the training rows. Whether it numbers the rows is judged by all of them.
ColumnRole choose_role(const Column& column, std::span<const std::int64_t> training_rows);

/// A column of numbers as one of text, each number as it is written.
Column as_text(const Column& numbers);

/// The plan of a column of numbers, whatever its role.
ColumnPlan plan_numbers(const Column& column, std::span<const std::int64_t> training_rows);

}  // namespace relume::data
