// Private. What the fields of one column say about how its numbers are written.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relume/data/column_reading.h"
#include "relume/data/number_text.h"

namespace relume::data {

/// Fields by how they read as numbers.
struct NumberTally {
  std::string_view unit = {};
  std::int64_t same = 0;          ///< the same number with decimal points and commas
  std::int64_t point = 0;         ///< with decimal points only
  std::int64_t comma = 0;         ///< with decimal commas only
  std::int64_t either_point = 0;  ///< "1.234": two numbers
  std::int64_t either_comma = 0;  ///< "1,234": two numbers

  std::int64_t numbers(Decimal decimal) const {
    return same + either_point + either_comma + (decimal == Decimal::point ? point : comma);
  }
};

class NumberEvidence {
 public:
  /// `row` is where it stands first, `count` how often.
  void add(const NumberReadings& readings, std::string_view text, std::int64_t row, std::int64_t count = 1);
  /// A number of digits and at most one mark, which stands at `mark` (npos: nowhere), with an exponent or without.
  void add_plain(std::string_view text, std::size_t mark, std::int64_t row) {
    NumberTally& to = tallies_.front();
    if (mark == std::string_view::npos) {
      ++to.same;
      ++(text.size() <= 3 + static_cast<std::size_t>(text.front() == '-') ? short_whole_ : long_whole_);
      zeros_ += text == "0";
      return;
    }
    const bool comma = text[mark] == ',';
    if (text.size() == mark + 4 && may_be_thousands(text, mark)) {
      ++(comma ? to.either_comma : to.either_point);
      keep_first(first_either_, text, row, 1);
    } else {
      ++(comma ? to.comma : to.point);
      keep_first(comma ? first_comma_ : first_point_, text, row, 1);
    }
  }
  void add_other(std::int64_t count = 1) { others_ += count; }

  /// The numbers that all have one unit or, unless that is "%", none; the unit is the one that gives most.
  std::int64_t numbers(Decimal decimal) const { return best(decimal).numbers; }
  std::string_view unit(Decimal decimal) const { return best(decimal).unit; }
  std::int64_t present() const;
  /// Fields that are numbers in no way.
  std::int64_t texts() const { return others_; }
  /// Fields that are numbers but not in this decimal, or not with that unit, and those that are none.
  std::int64_t others(Decimal decimal) const { return present() - numbers(decimal); }
  /// More units than one, or "%" beside none.
  bool mixes_units() const;
  /// All that is negative is so by its form, and nothing is positive: "(2008)" is no amount.
  bool is_all_turned() const { return turned_ > 0 && turned_ == present() - others_; }

  NumberTally total() const;
  /// Texts that prove points, prove commas, or leave it open; their count is 0 where there is none.
  const FieldText& first_point() const { return first_point_; }
  const FieldText& first_comma() const { return first_comma_; }
  const FieldText& first_either() const { return first_either_; }
  /// Whole numbers without a mark, all of them below 1000, beside "1.234": those may be points between thousands.
  bool points_may_be_thousands() const;
  /// So many of both, zeros aside, that no rule for decimals writes them so.
  bool points_look_like_thousands() const;

 private:
  struct Best {
    std::string_view unit;
    std::int64_t numbers;
  };
  static void keep_first(FieldText& first, std::string_view text, std::int64_t row, std::int64_t count) {
    if (first.count == 0) first = {std::string(text), 0, row};
    first.count += count;
  }
  /// "1.234" and "-12.345": what stands around the mark could be groups of thousands.
  static bool may_be_thousands(std::string_view text, std::size_t mark) {
    const std::size_t begin = text.front() == '-';
    return mark > begin && mark <= begin + 3 && text[begin] != '0' &&
           text.find_first_not_of("0123456789", mark + 1) == std::string_view::npos;
  }

  Best best(Decimal decimal) const;
  NumberTally& tally(std::string_view unit);

  std::vector<NumberTally> tallies_{1};  // the first is that without a unit
  std::int64_t others_ = 0, turned_ = 0;
  std::int64_t short_whole_ = 0, long_whole_ = 0, zeros_ = 0;
  FieldText first_point_ = {}, first_comma_ = {}, first_either_ = {};
};

/// Whether a column with so many numbers and so many other texts is one of numbers, in which the others are missing
/// values: they are at most a twentieth, and a handful of different ones or very rare.
bool are_nearly_all_numbers(std::int64_t numbers, std::int64_t others, std::size_t different_others);

}  // namespace relume::data
