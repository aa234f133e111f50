// Private. libcsv, fed line by line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <csv.h>

namespace relume::data {

/// The delimiter that stands for runs of blanks.
inline constexpr char blanks = ' ';

/// Turns lines into fields; a row ends with a line unless a quote is open.
class CsvRowParser {
 public:
  explicit CsvRowParser(char delimiter);
  ~CsvRowParser();
  CsvRowParser(const CsvRowParser&) = delete;
  CsvRowParser& operator=(const CsvRowParser&) = delete;

  enum class State : std::uint8_t { blank, row, open_quote };

  /// Takes one line without its line end. `row`: the fields are complete. `blank`: there was nothing.
  /// With `quotes` off, quotes are characters like any other; that is for a line that begins a row.
  State feed(std::string_view line, bool quotes = true);
  /// Forgets a row that has begun.
  void reset();

  /// The complete row; valid until the next feed().
  void fields(std::vector<std::string_view>& out) const;
  std::size_t field_count() const { return ends_.size(); }

 private:
  static void on_field(void* text, std::size_t size, void* self);
  static void on_row(int terminator, void* self);
  void start_row();
  void parse(std::string_view text);
  /// The line with each run of blanks outside of quotes made one.
  std::string_view collapse(std::string_view line);

  csv_parser parser_{};
  char delimiter_;
  bool quote_open_ = false;
  bool in_collapsed_quote_ = false;
  bool row_done_ = false;
  std::string text_;
  std::vector<std::size_t> ends_;
  std::string collapsed_;
};

/// The fields of a line in which quotes mean nothing.
std::size_t count_plain_fields(std::string_view line, char delimiter);

}  // namespace relume::data
