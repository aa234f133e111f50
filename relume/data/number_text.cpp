#include "relume/data/number_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "relume/data/characters.h"

namespace relume::data {
namespace {

struct Replacement {
  std::string_view from, to;
};

// Typographic characters and what they stand for in a number.
constexpr std::array<Replacement, 17> typography = {{{"\u2212", "-"},
                                                     {"\u2012", "-"},
                                                     {"\u2013", "-"},
                                                     {"\uff0d", "-"},
                                                     {"\u00a0", " "},
                                                     {"\u202f", " "},
                                                     {"\u2009", " "},
                                                     {"\u2007", " "},
                                                     {"\u2008", " "},
                                                     {"\u200a", " "},
                                                     {"\u3000", " "},
                                                     {"\u2019", "'"},
                                                     {"\u02bc", "'"},
                                                     {"\uff0c", ","},
                                                     {"\uff0e", "."},
                                                     {"\uff05", "%"},
                                                     {"\uff04", "$"}}};

// The longer ones first: "US$" is no "$" behind letters.
constexpr std::array<Replacement, 34> units = {
    {{"US$", "$"},   {"USD", "$"},   {"R$", "BRL"},  {"BRL", "BRL"}, {"C$", "CAD"},  {"CAD", "CAD"}, {"A$", "AUD"},
     {"AUD", "AUD"}, {"$", "$"},     {"€", "€"},     {"EUR", "€"},   {"£", "£"},     {"GBP", "£"},   {"¥", "¥"},
     {"￥", "¥"},    {"JPY", "¥"},   {"CNY", "CNY"}, {"RMB", "CNY"}, {"CHF", "CHF"}, {"₹", "₹"},     {"INR", "₹"},
     {"Rs.", "₹"},   {"SEK", "SEK"}, {"NOK", "NOK"}, {"DKK", "DKK"}, {"kr.", "kr"},  {"kr", "kr"},   {"zł", "PLN"},
     {"PLN", "PLN"}, {"₽", "₽"}, {"RUB", "₽"}, {"₩", "₩"},     {"KRW", "₩"},   {"%", "%"}}};

/// A text without its typography; at most so long as a number can be.
class Plain {
 public:
  /// False where the text holds what no number does.
  bool take(std::string_view text) {
    while (!text.empty()) {
      if (size_ + 4 > text_.size()) return false;
      // What is neither ASCII nor known may be of a currency's sign.
      const bool ascii = static_cast<unsigned char>(text.front()) < 0x80;
      if (!ascii && take_typography(text)) continue;
      text_[size_++] = text.front();
      text.remove_prefix(1);
    }
    return true;
  }
  std::string_view text() const { return trim({text_.data(), size_}); }

 private:
  bool take_typography(std::string_view& text) {
    for (const Replacement& spelling : typography)
      if (text.starts_with(spelling.from)) {
        text_[size_++] = spelling.to.front();
        text.remove_prefix(spelling.from.size());
        return true;
      }
    // Full-width digits, U+FF10 to U+FF19.
    if (text.size() >= 3 && text.starts_with("\xef\xbc") && text[2] >= '\x90' && text[2] <= '\x99') {
      text_[size_++] = static_cast<char>('0' + (text[2] - '\x90'));
      text.remove_prefix(3);
      return true;
    }
    return false;
  }

  std::array<char, 64> text_{};
  std::size_t size_ = 0;
};

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

/// "12,34,567": the last three digits, and twos before them, as lakhs and crores are written.
bool is_in_lakhs(std::string_view whole) {
  const std::size_t first = whole.find(',');
  if (first == 0 || first > 2 || whole.size() < first + 7 || (whole.size() - first - 4) % 3 != 0) return false;
  for (std::size_t i = first; i < whole.size(); ++i) {
    const bool is_mark = whole.size() - i >= 4 && (whole.size() - i - 4) % 3 == 0;
    if (is_mark ? whole[i] != ',' : !is_digit(whole[i])) return false;
  }
  return true;
}

/// The whole part: digits, or groups of three behind one to three digits (or of two before one of three), of which the
/// first is no zero, with one kind of mark between them that is not the decimal one. Writes the digits.
bool drop_thousands(std::string_view whole, char decimal_mark, std::array<char, 72>& digits, std::size_t& size,
                    bool& grouped) {
  const auto not_digit = std::ranges::find_if_not(whole, is_digit);
  const auto first = static_cast<std::size_t>(not_digit - whole.begin());
  grouped = first < whole.size();
  if (grouped) {
    const char mark = whole[first];
    if (mark == decimal_mark || (mark != ',' && mark != '.' && mark != ' ' && mark != '\'')) return false;
    if (first == 0 || first > 3 || whole.front() == '0') return false;
    bool in_threes = (whole.size() - first) % 4 == 0;
    for (std::size_t i = first; i < whole.size() && in_threes; ++i)
      in_threes = (i - first) % 4 == 0 ? whole[i] == mark : is_digit(whole[i]);
    if (!in_threes && !(mark == ',' && is_in_lakhs(whole))) return false;
  }
  for (const char c : whole)
    if (is_digit(c)) digits[size++] = c;
  return true;
}

/// Digits with marks, without a sign in front.
std::optional<double> read_body(std::string_view body, char decimal_mark) {
  const std::size_t exponent = std::min(body.find_first_of("eE"), body.size());
  const std::string_view mantissa = body.substr(0, exponent);
  const std::size_t mark = std::min(mantissa.find(decimal_mark), mantissa.size());
  std::array<char, 72> digits{};
  std::size_t size = 0;
  bool grouped = false;
  if (!drop_thousands(mantissa.substr(0, mark), decimal_mark, digits, size, grouped)) return std::nullopt;
  if (grouped && exponent < body.size()) return std::nullopt;
  if (mark < mantissa.size()) {
    const std::string_view fraction = mantissa.substr(mark + 1);
    if (!std::ranges::all_of(fraction, is_digit) || (size == 0 && fraction.empty())) return std::nullopt;
    digits[size++] = '.';
    for (const char c : fraction) digits[size++] = c;
  }
  for (const char c : body.substr(exponent)) digits[size++] = c;
  return from_text(digits.data(), digits.data() + size);
}

bool eat_front(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text = trim(text.substr(what.size()));
  return true;
}

bool eat_back(std::string_view& text, std::string_view what) {
  if (!text.ends_with(what)) return false;
  text = trim(text.substr(0, text.size() - what.size()));
  return true;
}

/// Takes a sign off the front; false where there is a second one.
bool eat_sign(std::string_view& text, bool& negative, bool& signed_already) {
  const bool minus = text.starts_with('-');
  if (!minus && !text.starts_with('+')) return true;
  if (signed_already) return false;
  signed_already = true;
  negative = minus;
  text.remove_prefix(1);
  return true;
}

std::string_view eat_unit(std::string_view& text) {
  for (const Replacement& unit : units)
    if (eat_front(text, unit.from) || eat_back(text, unit.from)) return unit.to;
  return {};
}

/// A digit near the front, and nothing that no number has: most words are dismissed here.
bool may_be_number(std::string_view text) {
  if (text.size() > 48) return false;
  const std::size_t digit = text.find_first_of("0123456789");
  if (digit != std::string_view::npos) return digit <= 8;
  return text.find("\xef\xbc") != std::string_view::npos;  // full-width digits
}

}  // namespace

std::optional<double> plain_number(std::string_view text) {
  text = trim(text);
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  return text.empty() ? std::nullopt : from_text(text.data(), text.data() + text.size());
}

NumberReadings read_number(std::string_view original) {
  NumberReadings readings;
  if (!may_be_number(original)) {
    readings.point = readings.comma = plain_number(original);  // nan, inf
    return readings;
  }
  Plain plain;
  if (!plain.take(original)) return readings;
  std::string_view text = plain.text();
  bool negative = false, has_sign = false;
  if (!eat_sign(text, negative, has_sign)) return readings;
  readings.unit = eat_unit(text);
  if (!has_sign && text.size() > 2 && text.front() == '(' && text.back() == ')') {
    text = trim(text.substr(1, text.size() - 2));
    if (readings.unit.empty()) readings.unit = eat_unit(text);
    has_sign = negative = readings.turned = true;
  } else if (!has_sign && text.size() > 1 && is_digit(text[text.size() - 2]) && eat_back(text, "-")) {
    has_sign = negative = readings.turned = true;
  }
  if (!eat_sign(text, negative, has_sign)) return readings;
  // "1'250.-" and "1.250,-" are whole amounts.
  if (text.size() > 2 && is_digit(text[text.size() - 3]) && (text.ends_with(".-") || text.ends_with(",-")))
    text.remove_suffix(1);
  // "5 -3" and "5-" are done with; what is left begins with a digit or a mark before one.
  if (text.empty() || !(is_digit(text.front()) || ((text.front() == '.' || text.front() == ',') && text.size() > 1)))
    return readings;
  const auto with_sign = [negative](std::optional<double> value) {
    if (value && negative) *value = -*value;
    return value;
  };
  readings.point = with_sign(read_body(text, '.'));
  readings.comma = with_sign(read_body(text, ','));
  return readings;
}

std::string_view beside_number(std::string_view text) {
  if (text.size() > 40) return {};
  const auto in_number = [](char c) { return is_digit(c) || c == '.' || c == ','; };
  const std::string_view unit = trim(text);
  const auto begin = std::ranges::find_if(unit, is_digit);
  const auto end = std::find_if_not(begin, unit.end(), in_number);
  if (begin == unit.end() || !read_number({begin, end}).is_number()) return {};
  std::string_view before = trim({unit.begin(), begin}), behind = trim({end, unit.end()});
  if (before == "-" || before == "+") before = {};
  if (before.empty() == behind.empty() || before.size() + behind.size() > 12) return {};
  // "12m2" has a unit; "A12", "10-20" and "12a3b" are something else.
  if (!before.empty()) return is_letter(before.back()) ? std::string_view() : before;
  const std::size_t digit = std::min(behind.find_first_of("0123456789"), behind.size());
  const bool power = digit + 1 == behind.size() && digit > 0 && is_letter(behind[digit - 1]);
  return digit == behind.size() || power ? behind : std::string_view();
}

bool is_mostly_digits(std::string_view text) {
  const std::size_t first = text.find_first_of("0123456789");
  if (first > 4) return false;
  const bool is_hex = text.substr(first).starts_with("0x");
  const auto digits = std::ranges::count_if(text, is_digit);
  return digits > 1 && (is_hex || std::ranges::none_of(text, is_letter)) && !read_number(text).is_number();
}

bool is_date(std::string_view text) {
  if (text.size() < 6 || text.size() > 35 || !is_digit(text.front())) return false;
  std::array<int, 3> part{}, digits{};
  std::size_t at = 0;
  char mark = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    while (at < text.size() && is_digit(text[at]) && digits[i] < 5) {
      part[i] = 10 * part[i] + (text[at++] - '0');
      ++digits[i];
    }
    if (digits[i] == 0) return false;
    if (i == 2) break;
    if (at == text.size() || (text[at] != '-' && text[at] != '/' && text[at] != '.') || (mark && text[at] != mark))
      return false;
    mark = text[at++];
  }
  const bool year_first = digits[0] == 4;
  const bool sizes = year_first ? digits[1] <= 2 && digits[2] <= 2
                                : digits[0] <= 2 && digits[1] <= 2 && (digits[2] == 2 || digits[2] == 4);
  const int larger = year_first ? std::max(part[1], part[2]) : std::max(part[0], part[1]),
            smaller = year_first ? std::min(part[1], part[2]) : std::min(part[0], part[1]);
  // A time of day may follow.
  const bool ends = at == text.size() || text[at] == 'T' || text[at] == ' ' || text[at] == ',';
  return sizes && ends && larger >= 1 && larger <= 31 && smaller >= 1 && smaller <= 12;
}

}  // namespace relume::data
