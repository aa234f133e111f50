#include "relume/data/column_filler.h"

namespace relume::data {

std::optional<double> ColumnFiller::number_of(std::string_view field, Decimal decimal) const {
  if (decimal == Decimal::point && spec_->unit != "%")
    if (const auto number = plain_number(field)) return number;
  const NumberReadings readings = read_number(field);
  const auto number = readings.as(decimal);
  const bool unit_fits = readings.unit == spec_->unit || (readings.unit.empty() && (spec_->unit != "%" || number == 0));
  return unit_fits ? number : std::nullopt;
}

void ColumnFiller::fail_at(const std::string& where, std::string_view field, Decimal decimal) const {
  const NumberReadings readings = read_number(field);
  std::string how;
  if (readings.is_number() && !readings.as(decimal))
    how = fmt::format(" with a decimal {}, as others in the file have", name(decimal));
  else if (readings.is_number())
    how = spec_->unit.empty() ? " without a unit" : fmt::format(" in {}", spec_->unit);
  fail<InputError>(
      "csv: {}: '{}' is not a number{}, but column '{}' had numbers in training; mend the field or leave it empty",
      where, field.substr(0, 40), how, column_.name);
}

}  // namespace relume::data
