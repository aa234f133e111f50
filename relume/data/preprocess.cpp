#include "relume/data/preprocess.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "relume/base/parallel.h"
#include "relume/base/require.h"
#include "relume/data/column_features.h"
#include "relume/data/column_index.h"
#include "relume/data/column_role.h"
#include "relume/data/split.h"

namespace relume::data {
namespace {

/// Where one column's features go in the matrix.
struct Destination {
  float* first;         // of row 0
  std::int64_t stride;  // from row to row
};

void write_numbers(const ColumnPlan& plan, const Column& column, std::span<const std::int64_t> rows,
                   Destination place) {
  const float median = standardise(plan, plan.median);
  parallel_for(static_cast<std::int64_t>(rows.size()), 8192, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const double x = column.numbers[static_cast<std::size_t>(rows[static_cast<std::size_t>(i)])];
      write_number(plan, x, median, place.first + i * place.stride);
    }
  });
}

/// "True" and "1" are one truth, "FALSE" and "0" the other; nothing for all else.
std::optional<bool> truth_of(std::string_view text) {
  const auto is = [text](std::string_view word) {
    return std::ranges::equal(text, word, {},
                              [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  };
  if (is("true") || text == "1") return true;
  if (is("false") || text == "0") return false;
  return std::nullopt;
}

/// The place of each of the column's values among the categories; of others their number. Where the categories are the
/// two truths, another program may have written them in its own way.
std::vector<std::int64_t> places_among(const std::vector<std::string>& categories, const Column& column) {
  std::unordered_map<std::string_view, std::int64_t> place;
  std::unordered_map<bool, std::int64_t> place_of_truth;
  for (std::size_t i = 0; i < categories.size(); ++i) {
    place.emplace(categories[i], static_cast<std::int64_t>(i));
    if (const auto truth = truth_of(categories[i])) place_of_truth.emplace(*truth, static_cast<std::int64_t>(i));
  }
  const bool are_truths = place_of_truth.size() == categories.size();
  std::vector<std::int64_t> places;
  for (const std::string& value : column.values) {
    const auto found = place.find(value);
    const auto truth = are_truths && found == place.end() ? truth_of(value) : std::nullopt;
    const auto same = truth ? place_of_truth.find(*truth) : place_of_truth.end();
    places.push_back(found != place.end()           ? found->second
                     : same != place_of_truth.end() ? same->second
                                                    : static_cast<std::int64_t>(categories.size()));
  }
  return places;
}

void write_categories(const ColumnPlan& plan, const Column& column, std::span<const std::int64_t> rows,
                      Destination place) {
  const auto other = static_cast<std::int64_t>(plan.categories.size());
  const std::vector<std::int64_t> feature_of_code = places_among(plan.categories, column);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::int32_t code = column.codes[static_cast<std::size_t>(rows[i])];
    const std::int64_t at = code < 0 ? other : feature_of_code[static_cast<std::size_t>(code)];
    write_category(plan, at, place.first + static_cast<std::int64_t>(i) * place.stride);
  }
}

/// `zeros` stands for a column that a sparse table does not have.
const Column& column_for(const ColumnPlan& plan, const Table& table, const ColumnIndex& index, const Column& zeros) {
  const std::string source = table.source.empty() ? "the table" : table.source;
  const Column* column = index.find(plan.name);
  if (!column && table.absent_is_zero) return zeros;
  require<InputError>(column, "preprocess: {} has no column '{}', which the model was trained with; add it", source,
                      plan.name);
  if (plan.kind == ColumnKind::number && column->is_text())
    fail<InputError>("preprocess: column '{}' of {} holds text ('{}') but the model was trained with numbers; mend it",
                     plan.name, source, column->values.empty() ? "" : column->values.front().substr(0, 40));
  check_finite(*column, table);
  return *column;
}

ColumnSpec spec_of(const Column& column) {
  // Texts that were taken for missing values in training are so later on; a file of them all is a mistake.
  constexpr std::size_t most_missing = 100;
  ColumnSpec spec{.name = column.name, .kind = column.kind, .use = ColumnUse::unused, .required = false};
  spec.unit = column.reading.unit;
  if (!column.is_text())
    for (const FieldText& odd : column.reading.odd)
      if (spec.missing.size() < most_missing) spec.missing.push_back(odd.text);
  return spec;
}

}  // namespace

std::string to_string(const UnknownCategory& unknown) {
  return fmt::format("{}: '{}' in column '{}' is no category of the model, as {} of its fields {} not", unknown.where,
                     unknown.example.substr(0, 40), unknown.column, unknown.rows, unknown.rows == 1 ? "is" : "are");
}

Preprocessor Preprocessor::fit(const Table& table, Target target, std::span<const std::int64_t> training_rows,
                               const std::set<std::string>& unwanted) {
  require<InputError>(!training_rows.empty(), "preprocess: no rows to train on; give a table with more rows");
  Preprocessor result;
  target.fit(table, training_rows);
  result.target_ = std::move(target);
  result.schema_.has_header = table.has_header;
  result.schema_.decimal = table.decimal;
  result.schema_.missing = table.missing;
  for (const Column& column : table.columns) {
    ColumnSpec spec = spec_of(column);
    if (column.name == result.target_.column()) {
      spec.use = ColumnUse::target;
    } else if (unwanted.contains(column.name)) {
      result.left_out_.push_back({column.name, "not wanted"});
    } else {
      ColumnRole role = choose_role(column, training_rows);
      if (auto* plan = std::get_if<ColumnPlan>(&role)) {
        spec.kind = plan->kind;
        spec.use = ColumnUse::feature;
        spec.required = true;
        result.used_.push_back(std::move(*plan));
      } else {
        result.left_out_.push_back(std::get<LeftOut>(std::move(role)));
      }
    }
    result.schema_.columns.push_back(std::move(spec));
  }
  if (result.used_.empty()) result.use_row_numbers(table, training_rows, unwanted);
  return result;
}

void Preprocessor::use_row_numbers(const Table& table, std::span<const std::int64_t> training_rows,
                                   const std::set<std::string>& unwanted) {
  // With nothing else to learn from, what looks like a row number may be the time.
  const ColumnIndex index(table);
  std::unordered_set<std::string_view> taken;
  for (ColumnSpec& spec : schema_.columns) {
    const Column& column = *index.find(spec.name);
    if (spec.use != ColumnUse::unused || column.is_text() || unwanted.contains(spec.name)) continue;
    ColumnPlan plan = plan_numbers(column, training_rows);
    const auto rows = std::span(column.numbers);
    if (std::ranges::all_of(rows, [&](double x) { return std::isnan(x) || x == plan.median; })) continue;
    spec.use = ColumnUse::feature;
    spec.required = true;
    taken.insert(spec.name);
    used_.push_back(std::move(plan));
  }
  std::erase_if(left_out_, [&](const LeftOut& left) { return taken.contains(left.name); });
  if (!used_.empty()) return;
  std::string reasons;
  for (const LeftOut& left : left_out_)
    reasons += fmt::format("{}{}: {}", reasons.empty() ? "" : "; ", left.name, left.reason);
  fail<InputError>("preprocess: {} has no column to learn '{}' from ({}); add numbers or categories",
                   table.source.empty() ? "the table" : table.source, target_.column(),
                   reasons.empty() ? "it is the only one" : reasons);
}

Tensor Preprocessor::transform(const Table& table, std::span<const std::int64_t> rows) const {
  const std::int64_t width = features();
  Tensor matrix = empty({static_cast<std::int64_t>(rows.size()), width}, float32);
  float* first = matrix.data<float>();
  const ColumnIndex index(table);
  const bool from_zero = table.absent_is_zero && index.find("x0");
  require<InputError>(!from_zero || std::ranges::any_of(schema_.columns, [](const auto& c) { return c.name == "x0"; }),
                      "preprocess: {} counts its features from 0, the model counts them from 1", table.source);
  const Column zeros{.numbers = std::vector<double>(static_cast<std::size_t>(table.absent_is_zero ? table.rows() : 0))};
  for (const ColumnPlan& plan : used_) {
    const Column& column = column_for(plan, table, index, zeros);
    if (plan.kind == ColumnKind::number) {
      write_numbers(plan, column, rows, {first, width});
    } else if (column.is_text()) {
      write_categories(plan, column, rows, {first, width});
    } else {
      write_categories(plan, as_text(column), rows, {first, width});
    }
    first += plan.features();
  }
  return matrix;
}

std::string Preprocessor::describe(const float* row) const {
  std::string text;
  for (const ColumnPlan& plan : used_) {
    std::string value;
    if (plan.kind == ColumnKind::number) {
      const double u = static_cast<double>(row[0]) * plan.deviation + plan.mean;
      const double x = plan.logarithmic ? plan.center + plan.unit * std::copysign(std::expm1(std::abs(u)), u) : u;
      value =
          plan.flags_missing && row[1] > 0 ? "missing" : rounded(x, plan.logarithmic ? plan.unit : plan.deviation, 5);
    } else {
      const float* const end = row + plan.categories.size();
      const float* const at = std::find(row, end, 1.0f);
      value = at != end ? plan.categories[static_cast<std::size_t>(at - row)] : "(other)";
    }
    text += (text.empty() ? "" : ", ") + plan.name + " " + value;
    row += plan.features();
  }
  return text;
}

std::vector<UnknownCategory> Preprocessor::unknown_categories(const Table& table) const {
  std::vector<UnknownCategory> all;
  const ColumnIndex index(table);
  for (const ColumnPlan& plan : used_) {
    const Column* given = index.find(plan.name);
    if (plan.kind != ColumnKind::text || !given) continue;
    Column made;
    if (!given->is_text()) made = as_text(*given);
    const Column& column = given->is_text() ? *given : made;
    const std::vector<std::int64_t> places = places_among(plan.categories, column);
    const auto none = static_cast<std::int64_t>(plan.categories.size());
    UnknownCategory unknown{.column = plan.name};
    for (std::int64_t row = 0; row < column.rows(); ++row) {
      const std::int32_t code = column.codes[static_cast<std::size_t>(row)];
      if (code < 0 || places[static_cast<std::size_t>(code)] != none) continue;
      if (unknown.rows++ > 0) continue;
      unknown.example = column.values[static_cast<std::size_t>(code)];
      unknown.where = table.where(row);
    }
    if (unknown.rows > 0) all.push_back(std::move(unknown));
  }
  return all;
}

Tensor Preprocessor::transform(const Table& table) const { return transform(table, count_to(table.rows())); }

std::vector<std::string> Preprocessor::feature_names() const {
  std::vector<std::string> names;
  for (const ColumnPlan& plan : used_) {
    if (plan.kind == ColumnKind::number) {
      names.push_back(plan.name);
      if (plan.flags_missing) names.push_back(plan.name + " missing");
      continue;
    }
    for (const std::string& category : plan.categories) names.push_back(plan.name + "=" + category);
    names.push_back(plan.name + "=(other)");
  }
  return names;
}

TableSchema Preprocessor::schema(bool require_target) const {
  TableSchema schema = schema_;
  std::unordered_map<std::string_view, std::span<const std::string>> categories;
  for (const ColumnPlan& plan : used_) categories.emplace(plan.name, plan.categories);
  for (ColumnSpec& column : schema.columns) {
    if (const auto found = categories.find(column.name); found != categories.end()) column.categories = found->second;
    if (column.use != ColumnUse::target) continue;
    column.required = require_target;
    column.categories = target_.labels();
  }
  return schema;
}

}  // namespace relume::data
