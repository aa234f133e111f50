// Public. How a column's fields were read where they were not simply numbers or words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace relume::data {

/// A field's text, how many rows have it, and the first of them.
struct FieldText {
  std::string text = {};
  std::int64_t count = 0;
  std::int64_t row = 0;
};

/// A number that is written otherwise than shortest() would: "01", "1.0", "$5".
struct Spelling {
  double number = 0;
  std::string text = {};
  std::int64_t count = 0;
};

/// What is remembered of a column's fields. Empty for one that is not read from text.
struct ColumnReading {
  /// A currency or "%" that the numbers have; empty: none.
  std::string unit = {};
  /// Of a column of numbers: the few texts that are none, which are missing values. Of a column of text: the first text
  /// that is no number, where four fifths of its fields are numbers, or are numbers with something beside them.
  std::vector<FieldText> odd = {};
  /// Marks of missing values, as they are written.
  std::vector<FieldText> marks = {};
  /// The column's first number that is written with thousands, a currency, … and what it is.
  FieldText disguised = {};
  double disguised_as = 0;
  /// Of a column of few different numbers: those that are not written in the shortest form.
  std::vector<Spelling> spellings = {};
  /// Whole numbers, some of them with zeros in front: codes of some kind.
  bool zero_padded = false;
  /// The file has a header, in which this column has no name.
  bool unnamed = false;
};

}  // namespace relume::data
