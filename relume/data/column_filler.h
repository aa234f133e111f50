// Private. A column whose kind is known from training.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "relume/base/require.h"
#include "relume/data/column_survey.h"
#include "relume/data/csv.h"
#include "relume/data/csv_marks.h"

namespace relume::data {

/// Collects the fields of one column.
class ColumnFiller {
 public:
  explicit ColumnFiller(const ColumnSpec& spec, std::span<const std::string> marks) : spec_(&spec), marks_(marks) {
    column_.name = spec.name;
    column_.kind = spec.kind;
  }

  /// `where` gives the field's place for an error.
  template <class Where>
  void add(std::string_view field, Decimal decimal, const Where& where) {
    const bool missing = is_missing_mark(field) || is_own_mark(field, marks_, !column_.is_text());
    const auto number = missing || column_.is_text() ? std::nullopt : number_of(field, decimal);
    if (column_.is_text()) {
      column_.codes.push_back(missing ? -1 : codes_.code(field));
    } else if (number) {
      require<InputError>(!std::isinf(*number),
                          "csv: {}: column '{}' is infinite here; mend the field or leave it empty",
                          std::isinf(*number) ? where() : std::string(), column_.name);
      column_.numbers.push_back(*number);
    } else if (missing || is_missing_number_mark(field) ||
               std::ranges::find(spec_->missing, field) != spec_->missing.end()) {
      push_missing();
    } else {
      fail_at(where(), field, decimal);
    }
  }

  Column take() {
    column_.values = std::move(codes_.values);
    return std::move(column_);
  }

 private:
  void push_missing() { column_.numbers.push_back(std::numeric_limits<double>::quiet_NaN()); }
  std::optional<double> number_of(std::string_view field, Decimal decimal) const;
  [[noreturn]] void fail_at(const std::string& where, std::string_view field, Decimal decimal) const;

  const ColumnSpec* spec_;
  std::span<const std::string> marks_;
  Column column_;
  TextCodes codes_;
};

}  // namespace relume::data
