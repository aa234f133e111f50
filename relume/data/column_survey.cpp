#include "relume/data/column_survey.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "relume/base/parse.h"
#include "relume/data/characters.h"
#include "relume/data/csv_marks.h"

namespace relume::data {
namespace {

// So many different numbers are no classes; their spelling is not kept.
constexpr std::size_t most_spellings = 1000;
// So many different texts are no slips among numbers.
constexpr std::size_t most_others = 1000;
// From here on whole numbers have no place of their own in a double.
constexpr double exact_until = 9007199254740992.0;

/// Digits, with a sign or without.
bool is_whole(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

/// "1e5", ".5": numbers whose shortest form is another.
bool is_written_apart(std::string_view text) {
  return text[text.front() == '-' && text.size() > 1] == '.' || text.find_first_of("eE") != std::string_view::npos;
}

bool is_zero_padded(std::string_view text) {
  const std::size_t sign = text.front() == '-';
  return text.size() > sign + 1 && text[sign] == '0' && is_digit(text[sign + 1]);
}

/// Digits with one comma: "-12,5". Much of a file of decimal commas is of this kind.
std::optional<double> decimal_comma_number(std::string_view text, std::size_t comma) {
  std::array<char, 32> digits{};
  if (text.size() > digits.size()) return std::nullopt;
  std::ranges::copy(text, digits.begin());
  digits[comma] = '.';
  return plain_number({digits.data(), text.size()});
}

void note(std::vector<FieldText>& list, std::string_view text, std::int64_t row) {
  const auto found = std::ranges::find(list, text, &FieldText::text);
  if (found != list.end())
    ++found->count;
  else
    list.push_back({std::string(text), 1, row});
}

}  // namespace

const double ColumnSurvey::missing = std::numeric_limits<double>::quiet_NaN();

bool ColumnSurvey::add_plain(std::string_view field) {
  const std::size_t point = field.find('.');
  std::size_t mark = point;
  std::optional<double> number;
  if (assumed_ == Decimal::comma) {
    mark = field.find(',');
    if (point != std::string_view::npos) return false;  // thousands, or no number
    number = mark == std::string_view::npos ? plain_number(field) : decimal_comma_number(field, mark);
    if (!number || !std::isfinite(*number)) return false;
    if (mark != std::string_view::npos) note_disguise(field, *number);
  } else {
    double value = 0;
    if (!parse(field, value) || !std::isfinite(value)) return false;
    number = value;
  }
  evidence_.add_plain(field, mark, row());
  bool unusual = false;  // perhaps not as shortest() writes it
  if (mark == std::string_view::npos) {
    note_digits(field);
    unusual = field.size() > 15 || is_zero_padded(field);
  } else {
    has_marks_ = true;
    unusual = field.back() == '0' || field.back() == '.' || assumed_ == Decimal::comma;
  }
  unusual = unusual || is_written_apart(field);
  if (unusual)
    push_number(field, *number);
  else
    numbers_.push_back(*number);
  return true;
}

void ColumnSurvey::note_digits(std::string_view field) {
  const std::size_t sign = field.front() == '-';
  narrowest_ = std::min(narrowest_, field.size() - sign);
  widest_ = std::max(widest_, field.size() - sign);
  ++whole_;
  padded_ += is_zero_padded(field);
}

void ColumnSurvey::push_number(std::string_view field, double number) {
  const bool whole = number == std::trunc(number);
  if (whole && std::abs(number) >= exact_until && is_whole(field)) beyond_exact_ = true;
  // Whether shortest() would write it so; it need not be exact where it would not.
  const bool plain = whole
                         ? field.size() <= 15 && is_whole(field) && !is_zero_padded(field)
                         : field.back() != '0' && field.find(',') == std::string_view::npos && !is_written_apart(field);
  if (!plain && keeps_spellings_) note_spelling(field, number);
  numbers_.push_back(number);
}

void ColumnSurvey::note_spelling(std::string_view field, double number) {
  Spelling& spelling = spellings_[number];
  if (spelling.count++ == 0) {
    spelling.number = number;
    spelling.text = std::string(field);
  }
  if (spellings_.size() <= most_spellings) return;
  keeps_spellings_ = false;
  spellings_.clear();
}

void ColumnSurvey::note_disguise(std::string_view field, double number) {
  if (reading_.disguised.count++ > 0) return;
  reading_.disguised = {std::string(field), 1, row()};
  reading_.disguised_as = number;
}

void ColumnSurvey::note_mark(std::string_view field) {
  if (!field.empty()) note(reading_.marks, field, row());
}

void ColumnSurvey::note_other(std::string_view field) {
  const auto found = others_.find(field);
  if (found != others_.end()) {
    ++found->second.count;
  } else if (others_.size() <= most_others) {
    others_.emplace(std::string(field), Other{1, row()});
  } else {
    hopeless_ = 2 * evidence_.texts() > evidence_.present();
  }
}

void ColumnSurvey::add_any(std::string_view field) {
  if (hopeless_) return;
  if (is_missing_mark(field) || is_own_mark(field, marks_, !text_)) {
    note_mark(field);
    if (text_)
      codes_.push_back(-1);
    else
      push_missing();
    return;
  }
  if (text_) return add_text(field);
  if (!marks_.empty() && add_plain(field)) return;
  const NumberReadings readings = read_number(field);
  if (readings.is_number()) {
    evidence_.add(readings, field, row());
    has_marks_ |= !readings.same_in_both();
    const auto number = readings.as(assumed_);
    if (number && std::isinf(*number) && infinite_row_ < 0) infinite_row_ = row();
    if (!number) {
      note_other(field);
      push_missing();
    } else {
      if (!plain_number(field) || assumed_ == Decimal::comma) note_disguise(field, *number);
      push_number(field, *number);
    }
  } else if (is_missing_number_mark(field)) {
    note_mark(field);
    lost_marks_ = true;
    push_missing();
  } else if (evidence_.present() == 0) {
    text_ = true;
    codes_.assign(numbers_.size(), -1);
    numbers_ = {};
    add_text(field);
  } else {
    evidence_.add_other();
    note_other(field);
    push_missing();
  }
}

void ColumnSurvey::add_text(std::string_view field) { codes_.push_back(texts_.code(field)); }

std::vector<FieldText> ColumnSurvey::count_values() const {
  std::vector<FieldText> values(texts_.values.size());
  for (std::size_t row = 0; row < codes_.size(); ++row)
    if (codes_[row] >= 0) {
      FieldText& value = values[static_cast<std::size_t>(codes_[row])];
      if (value.count++ == 0) value.row = static_cast<std::int64_t>(row);
    }
  return values;
}

void ColumnSurvey::close() {
  if (!text_) return;
  const std::vector<FieldText> values = count_values();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string& text = texts_.values[i];
    if (is_missing_number_mark(text)) continue;
    const NumberReadings readings = read_number(text);
    if (readings.is_number()) {
      evidence_.add(readings, text, values[i].row, values[i].count);
    } else {
      evidence_.add_other(values[i].count);
      if (others_.size() <= most_others) others_[text] = {values[i].count, values[i].row};
    }
  }
}

bool ColumnSurvey::is_numbers(Decimal decimal) const {
  return !hopeless_ && !evidence_.is_all_turned() &&
         are_nearly_all_numbers(evidence_.numbers(decimal), evidence_.others(decimal), others_.size());
}

bool ColumnSurvey::depends_on_decimal() const {
  const NumberTally all = evidence_.total();
  return !text_ && all.point + all.comma + all.either_point + all.either_comma > 0;
}

bool ColumnSurvey::reads_codes_apart() const {
  if (has_marks_) return false;
  const bool padded_anyhow = padded_ > 0 && narrowest_ < widest_ && padded_ * 20 >= whole_;
  return padded_anyhow || beyond_exact_;
}

bool ColumnSurvey::must_be_read_as_text() const {
  if (forced_) return false;
  if (text_) return lost_marks_ && !is_numbers(assumed_);
  const bool all_missing = evidence_.present() == 0;
  return !all_missing && (!is_numbers(assumed_) || evidence_.mixes_units() || reads_codes_apart());
}

Column ColumnSurvey::take(std::string name, std::int64_t& infinite_row) {
  Column column = text_ ? take_text() : take_numbers();
  column.name = std::move(name);
  infinite_row = column.is_text() ? -1 : infinite_row_;
  return column;
}

std::vector<FieldText> ColumnSurvey::odd_texts() const {
  std::vector<FieldText> odd;
  for (const auto& [text, other] : others_) odd.push_back({text, other.count, other.row});
  std::ranges::sort(odd, {}, &FieldText::row);
  return odd;
}

/// Those that more rows have than the shortest form.
std::vector<Spelling> ColumnSurvey::usual_spellings(const std::vector<double>& numbers) {
  std::vector<Spelling> usual;
  if (spellings_.empty()) return usual;
  std::unordered_map<double, std::int64_t> counts;
  for (const double number : numbers)
    if (spellings_.contains(number)) ++counts[number];
  for (auto& [number, spelling] : spellings_)
    if (2 * spelling.count >= counts[number]) usual.push_back(std::move(spelling));
  std::ranges::sort(usual, {}, &Spelling::number);
  return usual;
}

Column ColumnSurvey::take_numbers() {
  Column column;
  column.numbers = std::move(numbers_);
  column.reading = std::move(reading_);
  column.reading.unit = evidence_.unit(assumed_);
  column.reading.odd = odd_texts();
  column.reading.zero_padded = padded_ * 20 >= whole_ && padded_ > 0 && !has_marks_;
  column.reading.spellings = usual_spellings(column.numbers);
  return column;
}

/// Nearly all are numbers, and no two codes ("01" and "1", or ids beyond what a number holds) would become one.
bool ColumnSurvey::texts_become_numbers(const std::vector<FieldText>& values) const {
  if (!is_numbers(assumed_)) return false;
  std::int64_t whole = 0, padded = 0;
  bool merges = false, merges_beyond = false;
  std::unordered_set<double> seen;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string& text = texts_.values[i];
    if (!is_whole(text)) continue;
    const double number = *plain_number(text);
    whole += values[i].count;
    padded += is_zero_padded(text) ? values[i].count : 0;
    if (seen.insert(number).second) continue;
    merges = true;
    merges_beyond |= std::abs(number) >= exact_until;
  }
  return !merges_beyond && !(merges && padded * 20 >= whole);
}

Column ColumnSurvey::take_text() {
  const std::vector<FieldText> values = count_values();
  if (!texts_become_numbers(values)) {
    Column column;
    column.kind = ColumnKind::text;
    column.reading = std::move(reading_);
    column.reading.disguised = {};
    explain_text(column, values);
    column.codes = std::move(codes_);
    column.values = std::move(texts_.values);
    return column;
  }
  // The same survey over the different texts, in the order of their rows.
  const std::string_view unit = evidence_.unit(assumed_);
  std::vector<double> number_of(values.size(), missing);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string& text = texts_.values[i];
    if (is_missing_number_mark(text)) {
      reading_.marks.push_back({text, values[i].count, values[i].row});
      continue;
    }
    const NumberReadings readings = read_number(text);
    const auto number = readings.as(assumed_);
    const bool has_unit = readings.unit == unit || (readings.unit.empty() && unit != "%");
    if (!number || !has_unit) {
      others_[text] = {values[i].count, values[i].row};
      continue;
    }
    number_of[i] = *number;
    if (std::isinf(*number) && (infinite_row_ < 0 || values[i].row < infinite_row_)) infinite_row_ = values[i].row;
    if (is_whole(text))
      note_digits(text);
    else
      has_marks_ = true;
    if (plain_number(text) != number && !std::isnan(*number)) {
      note_disguise(text, *number);
      if (reading_.disguised.text == text) reading_.disguised.row = values[i].row;
    }
    if (keeps_spellings_ && text != shortest(*number)) {
      note_spelling(text, *number);
      if (keeps_spellings_) spellings_[*number].count += values[i].count - 1;
    }
  }
  numbers_.resize(codes_.size());
  for (std::size_t row = 0; row < codes_.size(); ++row)
    numbers_[row] = codes_[row] < 0 ? missing : number_of[static_cast<std::size_t>(codes_[row])];
  return take_numbers();
}

void ColumnSurvey::explain_text(Column& column, const std::vector<FieldText>& values) const {
  const std::int64_t numbers = evidence_.numbers(assumed_), present = evidence_.present();
  const auto keep_first = [&](auto&& is_odd) {
    for (std::size_t i = 0; i < values.size(); ++i)
      if (values[i].count > 0 && is_odd(texts_.values[i])) {
        column.reading.odd = {{texts_.values[i], values[i].count, values[i].row}};
        return;
      }
  };
  if (5 * numbers >= 4 * present && numbers > 0) {
    keep_first(
        [&](const std::string& text) { return !read_number(text).as(assumed_) && !is_missing_number_mark(text); });
    if (!column.reading.odd.empty()) return;
  }
  std::int64_t beside = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!beside_number(texts_.values[i]).empty()) beside += values[i].count;
  if (10 * (beside + numbers) >= 9 * present && beside > 0)
    keep_first([](const std::string& text) { return !beside_number(text).empty(); });
}

}  // namespace relume::data
