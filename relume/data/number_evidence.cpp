#include "relume/data/number_evidence.h"

#include <algorithm>

namespace relume::data {
NumberTally& NumberEvidence::tally(std::string_view unit) {
  const auto found = std::ranges::find(tallies_, unit, &NumberTally::unit);
  if (found != tallies_.end()) return *found;
  tallies_.push_back({.unit = unit});
  return tallies_.back();
}

void NumberEvidence::add(const NumberReadings& readings, std::string_view text, std::int64_t row, std::int64_t count) {
  NumberTally& to = tally(readings.unit);
  turned_ += readings.turned ? count : 0;
  if (readings.same_in_both()) {
    to.same += count;
  } else if (readings.differ()) {
    const bool has_comma = text.find(',') != std::string_view::npos;
    (has_comma ? to.either_comma : to.either_point) += count;
    keep_first(first_either_, text, row, count);
  } else if (readings.point) {
    to.point += count;
    keep_first(first_point_, text, row, count);
  } else if (readings.comma) {
    to.comma += count;
    keep_first(first_comma_, text, row, count);
  }
}

std::int64_t NumberEvidence::present() const {
  const NumberTally all = total();
  return all.same + all.point + all.comma + all.either_point + all.either_comma + others_;
}

bool NumberEvidence::mixes_units() const {
  const bool none = tallies_.front().numbers(Decimal::point) + tallies_.front().comma > 0;
  return tallies_.size() > 2 || (tallies_.size() == 2 && none && tallies_[1].unit == "%");
}

NumberTally NumberEvidence::total() const {
  NumberTally all;
  for (const NumberTally& t : tallies_) {
    all.same += t.same;
    all.point += t.point;
    all.comma += t.comma;
    all.either_point += t.either_point;
    all.either_comma += t.either_comma;
  }
  return all;
}

NumberEvidence::Best NumberEvidence::best(Decimal decimal) const {
  const std::int64_t without = tallies_.front().numbers(decimal);
  Best best{{}, without};
  for (std::size_t i = 1; i < tallies_.size(); ++i) {
    const std::int64_t numbers = tallies_[i].numbers(decimal) + (tallies_[i].unit == "%" ? 0 : without);
    if (numbers > best.numbers) best = {tallies_[i].unit, numbers};
  }
  return best;
}

bool NumberEvidence::points_may_be_thousands() const {
  const NumberTally all = total();
  return all.either_point > 0 && all.point == 0 && short_whole_ > 0 && long_whole_ == 0;
}

bool NumberEvidence::points_look_like_thousands() const {
  const std::int64_t points = total().either_point, whole = short_whole_ - zeros_;
  return points_may_be_thousands() && points >= 20 && whole >= 3 && 50 * whole >= points;
}

bool are_nearly_all_numbers(std::int64_t numbers, std::int64_t others, std::size_t different_others) {
  if (others == 0) return numbers > 0;
  const std::int64_t all = numbers + others;
  const bool few = others * 20 <= all || (others == 1 && numbers >= 10);
  return few && (different_others <= 5 || others * 200 <= all);
}

}  // namespace relume::data
