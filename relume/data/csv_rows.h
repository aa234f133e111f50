// Private. Rows of fields from lines, where quotes are as people and programs write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "relume/data/csv_row_parser.h"
#include "relume/data/text_lines.h"

namespace relume::data {

/// Lines that are in memory.
class LinesInMemory : public LineSource {
 public:
  explicit LinesInMemory(const std::vector<std::string_view>& lines) : lines_(&lines) {}
  bool peek(std::size_t ahead, std::string_view& line) override {
    if (next_ + ahead >= lines_->size()) return false;
    line = (*lines_)[next_ + ahead];
    return true;
  }
  void take(std::size_t lines) override { next_ += lines; }

 private:
  const std::vector<std::string_view>* lines_;
  std::size_t next_ = 0;
};

/// RFC 4180, and what is met beside it. A quote that opens a field must be closed before a delimiter or the end of a
/// line, on that line or on a later one; else it is a character like any other where its line and the next are complete
/// without it, and so are those of a pair of stray quotes that would glue complete rows of numbers together. \" is a
/// quote inside of quotes where that, and not RFC 4180, makes the row complete.
class CsvRows {
 public:
  CsvRows(LineSource& lines, char delimiter) : lines_(&lines), delimiter_(delimiter), parser_(delimiter) {}

  /// The number of fields in a row (0: as the first row has), and which columns hold numbers, as far as that is known.
  void expect(std::size_t width, std::vector<bool> numbers) {
    width_ = width;
    numbers_ = std::move(numbers);
  }

  enum class Got : std::uint8_t { row, blank, end, open_quote };

  /// Takes the lines of the next row. Of `open_quote` nothing is taken: error_field() opens a quote that is never
  /// closed.
  Got next();
  /// The fields of the row; valid until the next call of next().
  void fields(std::vector<std::string_view>& out) const { parser_.fields(out); }
  std::size_t field_count() const { return parser_.field_count(); }
  /// Counted from 0.
  std::size_t error_field() const { return error_field_; }

 private:
  /// How quotes are read.
  enum class Quotes : std::uint8_t { doubled, backslash, none };
  struct Reading {
    std::size_t lines = 0;  // that the row has
    std::size_t fields = 0;
    std::size_t opened = 0;  // the field whose quote is not closed
    bool complete = false;   // every quote is closed where it may be
  };

  Reading read(Quotes quotes);
  Got next_quoted(bool backslashes);
  Got take(std::size_t lines, Quotes quotes);
  bool is_whole_row(std::size_t ahead) const;
  bool is_expected(const Reading& reading) const {
    return reading.complete && (width_ == 0 || reading.fields == width_);
  }
  bool glues_rows(const Reading& reading) const;
  bool is_in_numbers(std::string_view line) const;

  LineSource* lines_;
  char delimiter_;
  CsvRowParser parser_;
  std::size_t width_ = 0;
  std::vector<bool> numbers_;
  std::size_t error_field_ = 0;
};

}  // namespace relume::data
