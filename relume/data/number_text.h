// Public. What a text is as a number, in all the ways in which people write numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace relume::data {

/// What separates the fraction of a number from its whole part: a point in "0.5", a comma in "0,5".
enum class Decimal : std::uint8_t { point, comma };

/// "point", "comma"
constexpr std::string_view name(Decimal decimal) { return decimal == Decimal::point ? "point" : "comma"; }

/// A text read with decimal points and with decimal commas. "12" is the same in both, "0,5" and "1.234,5" are numbers
/// in one of them only, and "1,234" is another number in each: only other fields can tell which.
struct NumberReadings {
  std::optional<double> point = {}, comma = {};
  std::string_view unit = {};  ///< a currency or "%", each in one spelling; empty: none
  bool turned = false;         ///< negative by its form: "(12.50)", "12.50-"

  bool is_number() const { return point || comma; }
  std::optional<double> as(Decimal decimal) const { return decimal == Decimal::point ? point : comma; }
  bool same_in_both() const { return point && comma && *point == *comma; }
  bool differ() const { return point && comma && *point != *comma; }
};

/// Reads a text as a whole. Understood beside plain numbers: thousands in groups of three (with the other mark, an
/// apostrophe or any blank between them) and lakhs ("12,34,567"), a currency or a percent sign before or after,
/// "(12.50)" and "12.50-" for negative numbers, "12.-" for whole ones, typographic minus signs, full-width digits.
/// "nan" and "inf" are numbers of their own.
NumberReadings read_number(std::string_view text);

/// The text in std::from_chars' sense, a leading '+' and blanks around it aside. Nothing else is looked at: fast.
std::optional<double> plain_number(std::string_view text);

/// Where the text has a number before or behind something else, as "71.2 kg" and "<0.5" have, that something ("kg").
/// Empty for numbers and for all other texts, dates and codes with several runs of digits among them.
std::string_view beside_number(std::string_view text);

/// Whether the text has digits and no letters, though it is no number: "12:30", "3 1/2"; or begins as "0x1F" does. A
/// sign or a currency may stand in front.
bool is_mostly_digits(std::string_view text);

/// Whether the text is a date, or one with a time of day: 2023-03-19, 19.3.2023, 3/19/23 12:30.
bool is_date(std::string_view text);

}  // namespace relume::data
