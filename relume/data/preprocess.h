// Public. From the columns of a table to the numbers that a network takes, by rules that are fitted once and kept in
// the model.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relume/data/csv.h"
#include "relume/data/table.h"
#include "relume/data/target.h"
#include "relume/tensor/tensor.h"

namespace relume::data {

/// How one column becomes features.
struct ColumnPlan {
  std::string name = {};
  ColumnKind kind = ColumnKind::number;

  // Numbers: x → (f(x) − mean) / deviation, clipped to ±limit, where f is the identity or, for a skewed column,
  // sign(u) log(1 + |u|) with u = (x − center) / unit. A missing x is the median.
  double median = 0;
  bool logarithmic = false;
  double center = 0;
  double unit = 1;
  double mean = 0;
  double deviation = 1;
  bool flags_missing = false;  ///< one more feature, 1 where x is missing

  // Text: one feature for each category, 1 where it is the field's, and one for everything else, missing included.
  std::vector<std::string> categories = {};
  /// Of each category among the training rows, where no training row was anything else: no weight has learned what
  /// "everything else" means then, and it is the mean of the categories.
  std::vector<float> shares = {};

  std::int64_t features() const;
};

/// Fields of a column of text for which a model has no category.
struct UnknownCategory {
  std::string column = {};
  std::int64_t rows = 0;
  std::string example = {};  ///< the first of them
  std::string where = {};    ///< its place, for messages
};

/// In words, for a person.
std::string to_string(const UnknownCategory& unknown);

/// A column that is not used, and why: {"Name", "free text, 891 different values in 891 rows"}.
struct LeftOut {
  std::string name = {};
  std::string reason;
};

/// Decides each column's role on the training rows and turns rows into features.
class Preprocessor {
 public:
  /// The largest value of a standardised feature.
  static constexpr double limit = 8;

  Preprocessor() = default;

  /// Fits everything, the regression target's mean and scale included, on these rows alone.
  /// The columns named in `unwanted` are left out. Throws InputError where no column is of use.
  static Preprocessor fit(const Table& table, Target target, std::span<const std::int64_t> training_rows,
                          const std::set<std::string>& unwanted = {});

  /// float32 [rows.size(), features()]. Columns are found by name, as TableReader gives them. Throws InputError
  /// that names a missing column, or one that is text where training had numbers.
  Tensor transform(const Table& table, std::span<const std::int64_t> rows) const;
  Tensor transform(const Table& table) const;

  /// A row of transform() in words: "age 22, sex male". A number's missing value is shown as such where that is a
  /// feature, else as the median; what was clipped stays so.
  std::string describe(const float* row) const;

  /// Of each column of text in use those fields, missing ones aside, that are none of its categories.
  std::vector<UnknownCategory> unknown_categories(const Table& table) const;

  const Target& target() const { return target_; }
  std::int64_t features() const;
  /// One name a feature: "age", "age missing", "sex=male", "sex=(other)".
  std::vector<std::string> feature_names() const;
  const std::vector<ColumnPlan>& used() const { return used_; }
  const std::vector<LeftOut>& left_out() const { return left_out_; }
  /// The training table, for TableReader; only the columns in use are required. With `require_target` the target is,
  /// too. The categories are views of this object's.
  TableSchema schema(bool require_target = false) const;

 private:
  friend struct StoredForm;
  void use_row_numbers(const Table& table, std::span<const std::int64_t> training_rows,
                       const std::set<std::string>& unwanted);

  Target target_;
  std::vector<ColumnPlan> used_;
  std::vector<LeftOut> left_out_;
  TableSchema schema_;
};

}  // namespace relume::data
