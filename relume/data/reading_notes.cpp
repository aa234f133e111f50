// What a reader of tables says of it.
#include <algorithm>
#include <map>

#include "relume/base/require.h"
#include "relume/data/decimal_choice.h"

namespace relume::data {
namespace {

// Of more columns of one kind only their number is told.
constexpr std::size_t most_of_a_kind = 8;

/// The first notes of a kind, and how many more there would be.
class Notes {
 public:
  explicit Notes(std::vector<std::string>& to) : to_(to) {}
  Notes(const Notes&) = delete;
  Notes& operator=(const Notes&) = delete;
  ~Notes() {
    if (count_ > most_of_a_kind) to_.push_back(fmt::format("… and so in {} more columns", count_ - most_of_a_kind));
  }
  void add(std::string note) {
    if (count_++ < most_of_a_kind) to_.push_back(std::move(note));
  }

 private:
  std::vector<std::string>& to_;
  std::size_t count_ = 0;
};

/// Digits and one comma: no more than a number with a decimal comma.
bool has_only_decimal_comma(std::string_view text) {
  return std::ranges::count(text, ',') == 1 && text.find_first_not_of("-+0123456789,eE") == std::string_view::npos;
}

std::string times(std::int64_t count) { return count == 1 ? "1 field" : fmt::format("{} fields", count); }

void note_disguises(const Table& table, Decimal decimal, std::vector<std::string>& notes) {
  Notes disguises(notes);
  bool said_commas = false;
  for (const Column& column : table.columns) {
    const ColumnReading& reading = column.reading;
    if (column.is_text() || reading.disguised.count == 0) continue;
    if (decimal == Decimal::comma && has_only_decimal_comma(reading.disguised.text)) {
      if (!said_commas)
        notes.push_back(fmt::format("numbers have decimal commas: '{}' in column '{}' is {}", reading.disguised.text,
                                    column.name, shortest(reading.disguised_as)));
      said_commas = true;
      continue;
    }
    disguises.add(fmt::format("column '{}': '{}' is read as {}", column.name, reading.disguised.text,
                              shortest(reading.disguised_as)));
  }
}

void note_odd_texts(const Table& table, std::int64_t but_row, std::vector<std::string>& notes) {
  Notes odd(notes);
  for (const Column& column : table.columns) {
    std::vector<FieldText> texts = column.reading.odd;
    std::erase_if(texts, [&](const FieldText& field) { return field.row == but_row && field.count == 1; });
    if (texts.empty()) continue;
    const std::string first = fmt::format("'{}' in {}", texts[0].text.substr(0, 40), line_of(table, texts[0].row));
    std::int64_t count = 0;
    for (const FieldText& field : texts) count += field.count;
    if (column.is_text()) {
      odd.add(fmt::format("column '{}' is read as text: {} is no number", column.name, first));
    } else if (texts.size() == 1) {
      odd.add(fmt::format("column '{}': {} is no number and read as missing ({})", column.name, first, times(count)));
    } else {
      odd.add(fmt::format("column '{}': {} is no number, nor {}; they are read as missing ({})", column.name, first,
                          texts.size() == 2 ? fmt::format("is '{}'", texts[1].text.substr(0, 40))
                                            : fmt::format("are {} other texts", texts.size() - 1),
                          times(count)));
    }
  }
}

void note_padding(const Table& table, std::vector<std::string>& notes) {
  Notes padded(notes);
  for (const Column& column : table.columns) {
    if (column.is_text() || column.reading.zero_padded) continue;
    for (const Spelling& spelling : column.reading.spellings) {
      const std::string& text = spelling.text;
      if (text.size() < 2 || text[0] != '0' || text[1] < '0' || text[1] > '9') continue;
      padded.add(fmt::format("column '{}': '{}' is read as {}", column.name, text, shortest(spelling.number)));
      break;
    }
  }
}

void note_marks(const Table& table, std::vector<std::string>& notes) {
  struct Seen {
    std::int64_t count = 0;
    std::vector<std::string_view> columns;
  };
  std::map<std::string_view, Seen> seen;
  for (const Column& column : table.columns)
    for (const FieldText& mark : column.reading.marks) {
      Seen& s = seen[mark.text];
      s.count += mark.count;
      s.columns.push_back(column.name);
    }
  for (const auto& [mark, s] : seen) {
    std::string columns;
    for (std::size_t i = 0; i < std::min(s.columns.size(), most_of_a_kind); ++i)
      columns += fmt::format("{}'{}'", i > 0 ? ", " : "", s.columns[i]);
    if (s.columns.size() > most_of_a_kind) columns += fmt::format(", … ({} columns)", s.columns.size());
    notes.push_back(fmt::format("'{}' is read as missing: {} in {}", mark, times(s.count), columns));
  }
}

}  // namespace

std::vector<std::string> reading_notes(const Table& table, Decimal decimal, std::int64_t but_row) {
  std::vector<std::string> notes;
  note_disguises(table, decimal, notes);
  note_odd_texts(table, but_row, notes);
  note_padding(table, notes);
  note_marks(table, notes);
  return notes;
}

}  // namespace relume::data
