#include "relume/data/csv_rows.h"

#include <algorithm>

#include "relume/data/characters.h"
#include "relume/data/csv.h"
#include "relume/data/csv_marks.h"

namespace relume::data {
namespace {

// A quote that is not closed within so much text is a stray one.
constexpr std::size_t longest_field = std::size_t{1} << 24;

/// Follows quotes through the lines of one row, as the parser does.
class QuoteScanner {
 public:
  explicit QuoteScanner(char delimiter) : delimiter_(delimiter) {}

  void scan(std::string_view line) {
    if (state_ != State::quoted) state_ = State::start;
    for (const char c : line) step(c);
    if (state_ == State::closed) state_ = State::start;
  }

  bool open() const { return state_ == State::quoted; }
  /// Something stood behind a closing quote.
  bool odd() const { return odd_; }
  std::size_t fields() const { return fields_; }
  std::size_t opened() const { return opened_; }

 private:
  enum class State : std::uint8_t { start, plain, quoted, closed };

  bool cuts(char c) const { return delimiter_ == blanks ? is_blank(c) : c == delimiter_; }

  void step(char c) {
    const bool was_quote = last_was_quote_;
    last_was_quote_ = false;
    switch (state_) {
      case State::quoted:
        if (c == '"') {
          state_ = State::closed;
          last_was_quote_ = true;
        }
        return;
      case State::closed:
        if (cuts(c)) {
          next_field();
        } else if (c == '"' && was_quote) {
          state_ = State::quoted;
        } else if (!is_blank(c)) {
          odd_ = true;
          state_ = State::quoted;
        }
        return;
      case State::start:
      case State::plain:
        if (cuts(c)) {
          // Runs of blanks are one delimiter.
          if (delimiter_ != blanks || state_ == State::plain) next_field();
        } else if (c == '"' && state_ == State::start) {
          state_ = State::quoted;
          opened_ = fields_ - 1;
        } else if (!is_blank(c)) {
          state_ = State::plain;
        }
    }
  }

  void next_field() {
    ++fields_;
    state_ = State::start;
  }

  char delimiter_;
  State state_ = State::start;
  bool last_was_quote_ = false;
  bool odd_ = false;
  std::size_t fields_ = 1;
  std::size_t opened_ = 0;
};

/// \" as "", where the backslash is not itself behind one.
std::string with_doubled_quotes(std::string_view line) {
  std::string result;
  bool escaped = false;
  for (const char c : line) {
    if (c == '"' && escaped) result.back() = '"';
    result += c;
    escaped = c == '\\' && !escaped;
  }
  return result;
}

}  // namespace

CsvRows::Got CsvRows::next() {
  std::string_view line;
  if (!lines_->peek(0, line)) return Got::end;
  const bool backslashes = line.find("\\\"") != std::string_view::npos;
  const auto state = backslashes ? CsvRowParser::State::open_quote : parser_.feed(line);
  if (state == CsvRowParser::State::open_quote) {
    parser_.reset();
    return next_quoted(backslashes);
  }
  lines_->take(1);
  if (state == CsvRowParser::State::blank) return Got::blank;
  if (width_ == 0) width_ = parser_.field_count();
  return Got::row;
}

/// A row whose first line leaves a quote open, or has backslashes before quotes.
CsvRows::Got CsvRows::next_quoted(bool backslashes) {
  const Reading usual = read(Quotes::doubled);
  if (usual.complete && !(backslashes && !is_expected(usual)) && !glues_rows(usual))
    return take(usual.lines, Quotes::doubled);
  if (const Reading other = read(Quotes::backslash); backslashes && is_expected(other) && !glues_rows(other))
    return take(other.lines, Quotes::backslash);
  if (usual.complete && !glues_rows(usual)) return take(usual.lines, Quotes::doubled);
  // On one line the parser finds its way past what stands behind a closing quote.
  if (usual.lines == 1 && usual.fields > 0) return take(1, Quotes::doubled);
  std::string_view following;
  const bool whole = is_whole_row(0) && (!lines_->peek(1, following) || is_whole_row(1));
  const bool number = usual.opened < numbers_.size() && numbers_[usual.opened];
  if (whole && !number) return take(1, Quotes::none);
  error_field_ = usual.opened;
  return Got::open_quote;
}

/// Looks for the end of the row. Of a row that is not complete `fields` is 0 where a quote was open at the line's end.
CsvRows::Reading CsvRows::read(Quotes quotes) {
  QuoteScanner scanner(delimiter_);
  Reading reading;
  std::string_view line;
  for (std::size_t bytes = 0; bytes < longest_field && lines_->peek(reading.lines, line); ++reading.lines) {
    bytes += line.size() + 1;
    if (quotes == Quotes::backslash)
      scanner.scan(with_doubled_quotes(line));
    else
      scanner.scan(line);
    reading.opened = scanner.opened();
    reading.fields = scanner.open() ? 0 : scanner.fields();
    if (scanner.open() && !scanner.odd()) continue;
    reading.complete = !scanner.open() && !scanner.odd();
    ++reading.lines;
    break;
  }
  return reading;
}

CsvRows::Got CsvRows::take(std::size_t lines, Quotes quotes) {
  auto state = CsvRowParser::State::blank;
  std::string_view line;
  for (std::size_t i = 0; i < lines && lines_->peek(i, line); ++i)
    state = quotes == Quotes::backslash ? parser_.feed(with_doubled_quotes(line))
                                        : parser_.feed(line, quotes == Quotes::doubled);
  if (state == CsvRowParser::State::open_quote) {
    // Between runs of blanks the parser is less exact about where a quote opens.
    parser_.reset();
    if (quotes != Quotes::none && is_whole_row(0)) return take(1, Quotes::none);
    error_field_ = 0;
    return Got::open_quote;
  }
  lines_->take(lines);
  if (state == CsvRowParser::State::blank) return Got::blank;
  if (width_ == 0) width_ = parser_.field_count();
  return Got::row;
}

/// Whether the line has a row's fields where quotes are characters like any other.
bool CsvRows::is_whole_row(std::size_t ahead) const {
  std::string_view line;
  if (!lines_->peek(ahead, line)) return false;
  const std::size_t fields = count_plain_fields(line, delimiter_);
  std::string_view first;
  const std::size_t width = width_ != 0 ? width_ : lines_->peek(0, first) ? count_plain_fields(first, delimiter_) : 0;
  return width > 1 && fields == width;
}

/// Whether every line of the row is complete by itself and has numbers where there are numbers: then two stray quotes,
/// rows apart, look like one field.
bool CsvRows::glues_rows(const Reading& reading) const {
  if (reading.lines < 2 || std::ranges::find(numbers_, true) == numbers_.end()) return false;
  std::string_view line;
  for (std::size_t i = 0; i < reading.lines; ++i)
    if (!is_whole_row(i) || !lines_->peek(i, line) || !is_in_numbers(line)) return false;
  return true;
}

bool CsvRows::is_in_numbers(std::string_view line) const {
  CsvRowParser plain(delimiter_);
  if (plain.feed(line, false) != CsvRowParser::State::row) return false;
  std::vector<std::string_view> fields;
  plain.fields(fields);
  for (std::size_t i = 0; i < std::min(fields.size(), numbers_.size()); ++i)
    if (numbers_[i] && !is_missing_mark(fields[i]) && !parse_number(fields[i]) && !parse_number(fields[i], true))
      return false;
  return true;
}

}  // namespace relume::data
