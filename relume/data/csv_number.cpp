// What a field means: a number, or nothing.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

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

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// "1,234,567.5": groups of three after the first comma. Writes the digits without the commas.
bool drop_thousands(std::string_view text, std::array<char, 64>& digits, std::size_t& size) {
  if (text.size() > digits.size()) return false;
  const std::size_t whole = std::min(text.find_first_of(".eE"), text.size());
  const std::size_t sign = text.front() == '-';
  const std::size_t first = text.find(',');
  if (first == sign || first > sign + 3) return false;
  for (std::size_t i = sign; i < whole; ++i)
    if ((text[i] == ',') != (i >= first && (i - first) % 4 == 0)) return false;
  if ((whole - first) % 4 != 0) return false;
  size = 0;
  for (const char c : text)
    if (c != ',') digits[size++] = c;
  return true;
}

std::optional<double> from_text(const char* begin, const char* end) {
  double value = 0;
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (stop != end || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    // from_chars leaves it open whether the number is too large or too close to zero.
    const std::string_view text(begin, static_cast<std::size_t>(end - begin));
    const std::size_t exponent = text.find_first_of("eE");
    const bool tiny = exponent != std::string_view::npos ? text[exponent + 1] == '-'
                                                         : text.find_first_of("123456789") > text.find('.');
    return tiny ? 0 : (text.front() == '-' ? -1 : 1) * std::numeric_limits<double>::infinity();
  }
  return value;
}

}  // namespace

bool is_missing_mark(std::string_view text) {
  static constexpr std::array<std::string_view, 8> marks = {"?", "na", "n/a", "nan", "null", "#n/a", "<na>", "#na"};
  return text.empty() || is_one_of(text, marks);
}

bool is_missing_number_mark(std::string_view text) {
  static constexpr std::array<std::string_view, 13> marks = {
      "-", "--", "---", ".", "..", "*", "none", "nil", "unknown", "missing", "undefined", "n.a.", "-nan"};
  return is_one_of(text, marks);
}

std::optional<double> parse_number(std::string_view text, bool decimal_comma) {
  text = trim(text);
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos) return from_text(text.data(), text.data() + text.size());
  std::array<char, 64> digits{};
  std::size_t size = text.size();
  if (decimal_comma) {
    if (size > digits.size() || text.find_first_of(",.", comma + 1) != std::string_view::npos ||
        text.find('.') != std::string_view::npos)
      return std::nullopt;
    std::ranges::copy(text, digits.begin());
    digits[comma] = '.';
  } else if (!drop_thousands(text, digits, size)) {
    return std::nullopt;
  }
  return from_text(digits.data(), digits.data() + size);
}

}  // namespace relume::data
