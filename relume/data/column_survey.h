// Private. A column in the making: what its fields are is known only when all of them were seen.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "relume/data/csv.h"
#include "relume/data/number_evidence.h"
#include "relume/data/table.h"

namespace relume::data {

/// Hashes std::string and std::string_view alike.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

/// Texts as places among the different ones, in the order in which they come.
class TextCodes {
 public:
  std::int32_t code(std::string_view text) {
    auto found = code_of_.find(text);
    if (found == code_of_.end()) {
      found = code_of_.emplace(std::string(text), static_cast<std::int32_t>(values.size())).first;
      values.emplace_back(text);
    }
    return found->second;
  }

  std::vector<std::string> values;

 private:
  std::unordered_map<std::string, std::int32_t, TextHash, std::equal_to<>> code_of_;
};

/// Takes a column's fields one by one. It keeps numbers until it is seen to hold texts, as numbers of `assumed`, with
/// what speaks for other ways to read them; where those turn out to be right the fields must be gone through again.
class ColumnSurvey {
 public:
  /// With `as_text` every text is kept; nothing needs a second look then. `marks`: more marks of missing values.
  ColumnSurvey(Decimal assumed, bool as_text, std::span<const std::string> marks)
      : marks_(marks), assumed_(assumed), text_(as_text), forced_(as_text) {}

  void add(std::string_view field) {
    const bool number_begins =
        !field.empty() && ((field.front() >= '0' && field.front() <= '9') || field.front() == '-');
    if (!text_ && number_begins && marks_.empty() && add_plain(field)) return;
    add_any(field);
  }

  /// All fields are in: counts what is not counted yet.
  void close();

  const NumberEvidence& evidence() const { return evidence_; }
  /// Whether nearly all fields are numbers with this decimal mark.
  bool is_numbers(Decimal decimal) const;
  /// Whether what was kept changes with the decimal mark.
  bool depends_on_decimal() const;
  /// The table's decimal mark is known; where depends_on_decimal() it is the one that was assumed.
  void decide(Decimal decimal) { assumed_ = decimal; }
  /// Whether texts were dropped that are needed.
  bool must_be_read_as_text() const;
  /// The column; the survey is empty afterwards. `infinite_row` is set to the first row that is infinite, else −1.
  Column take(std::string name, std::int64_t& infinite_row);

 private:
  struct Other {
    std::int64_t count = 0, row = 0;
  };

  bool add_plain(std::string_view field);
  void add_any(std::string_view field);
  void add_text(std::string_view field);
  void push_number(std::string_view field, double number);
  void push_missing() { numbers_.push_back(missing); }
  void note_mark(std::string_view field);
  void note_other(std::string_view field);
  void note_disguise(std::string_view field, double number);
  void note_spelling(std::string_view field, double number);
  void note_digits(std::string_view field);
  bool reads_codes_apart() const;
  std::int64_t row() const { return static_cast<std::int64_t>(text_ ? codes_.size() : numbers_.size()); }
  std::vector<FieldText> count_values() const;
  std::vector<FieldText> odd_texts() const;
  std::vector<Spelling> usual_spellings(const std::vector<double>& numbers);
  Column take_text();
  Column take_numbers();
  bool texts_become_numbers(const std::vector<FieldText>& values) const;
  void explain_text(Column& column, const std::vector<FieldText>& values) const;

  static const double missing;

  std::span<const std::string> marks_;
  Decimal assumed_;
  bool text_, forced_;
  bool hopeless_ = false;    // far too many texts among the numbers
  bool lost_marks_ = false;  // marks that are words where the column is one of text
  NumberEvidence evidence_;

  std::vector<double> numbers_;
  std::unordered_map<std::string, Other, TextHash, std::equal_to<>> others_;
  std::unordered_map<double, Spelling> spellings_;
  bool keeps_spellings_ = true;
  std::int64_t infinite_row_ = -1;
  // Whole numbers without a mark, for codes.
  std::int64_t padded_ = 0, whole_ = 0;
  std::size_t narrowest_ = 64, widest_ = 0;
  bool has_marks_ = false, beyond_exact_ = false;

  std::vector<std::int32_t> codes_;
  TextCodes texts_;
  ColumnReading reading_;
};

}  // namespace relume::data
