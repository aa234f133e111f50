// What a field means: a number, or nothing.
#include <algorithm>
#include <array>

#include "relume/data/csv.h"
#include "relume/data/csv_marks.h"

namespace relume::data {
namespace {

bool equal_ignoring_case(std::string_view text, std::string_view lower_case) {
  return std::ranges::equal(text, lower_case,
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& marks) {
  return text.size() <= 9 &&
         std::ranges::any_of(marks, [&](std::string_view mark) { return equal_ignoring_case(text, mark); });
}

}  // namespace

bool is_missing_mark(std::string_view text) {
  static constexpr std::array<std::string_view, 9> marks = {"?",    "na",   "n/a", "nan", "null",
                                                            "#n/a", "<na>", "#na", "\\n"};  // the last is MySQL's \N
  // Most fields are numbers: they are dismissed by their first character.
  return text.empty() ||
         (std::string_view("?nN#<\\").find(text.front()) != std::string_view::npos && is_one_of(text, marks));
}

bool is_missing_number_mark(std::string_view text) {
  static constexpr std::array<std::string_view, 22> marks = {
      "-",       "--",      "---",   "\u2012",  "\u2013",  "\u2014",    ".",    "..",
      "*",       "none",    "nil",   "unknown", "missing", "undefined", "n.a.", "-nan",
      "#div/0!", "#value!", "#ref!", "#num!",   "#name?",  "#null!"};  // the last six are a spreadsheet's errors
  return is_one_of(text, marks);
}

bool is_own_mark(std::string_view field, std::span<const std::string> marks, bool among_numbers) {
  if (marks.empty()) return false;
  if (std::ranges::find(marks, field) != marks.end()) return true;
  const auto number = among_numbers ? plain_number(field) : std::nullopt;
  return number && std::ranges::any_of(marks, [&](const std::string& mark) { return plain_number(mark) == number; });
}

std::optional<double> parse_number(std::string_view text, bool decimal_comma) {
  const NumberReadings readings = read_number(text);
  return readings.unit.empty() ? readings.as(decimal_comma ? Decimal::comma : Decimal::point) : std::nullopt;
}

}  // namespace relume::data
