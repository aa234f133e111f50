#include "relume/data/target.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>

#include "relume/base/require.h"
#include "relume/data/csv.h"

namespace relume::data {
namespace {

constexpr std::size_t most_classes_of_numbers = 20;

std::map<double, std::int64_t> count_numbers(const Column& column) {
  std::map<double, std::int64_t> counts;
  for (const double number : column.numbers)
    if (!std::isnan(number)) ++counts[number];
  return counts;
}

bool looks_like_classes(const std::map<double, std::int64_t>& counts, std::int64_t rows) {
  const auto distinct = static_cast<std::int64_t>(counts.size());
  const bool whole =
      std::ranges::all_of(counts, [](const auto& entry) { return entry.first == std::trunc(entry.first); });
  return whole && (distinct <= 2 || (counts.size() <= most_classes_of_numbers && distinct * 5 <= rows));
}

/// Texts that are all numbers stand in the numbers' order.
void sort_labels(std::vector<std::string>& labels) {
  std::ranges::sort(labels);
  if (std::ranges::all_of(labels, [](const std::string& label) { return parse_number(label).has_value(); }))
    std::ranges::stable_sort(labels, {}, [](const std::string& label) { return *parse_number(label); });
}

/// Where labels are, by their text and by their number.
class LabelPlaces {
 public:
  LabelPlaces(const std::vector<std::string>& labels, const std::vector<double>& numbers) {
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const auto place = static_cast<std::int64_t>(i);
      by_text_.emplace(labels[i], place);
      const auto number = i < numbers.size() ? std::optional(numbers[i]) : parse_number(labels[i]);
      if (!number || std::isnan(*number)) continue;
      if (const auto [found, added] = by_number_.emplace(*number, place); !added) found->second = none;
    }
  }

  static constexpr std::int64_t none = -1;

  std::int64_t find(double number) const {
    const auto found = by_number_.find(number);
    return found == by_number_.end() ? none : found->second;
  }
  std::int64_t find(const std::string& text) const {
    if (const auto found = by_text_.find(text); found != by_text_.end()) return found->second;
    const auto number = by_number_.empty() ? std::nullopt : parse_number(text);
    return number ? find(*number) : none;
  }

 private:
  std::unordered_map<std::string, std::int64_t> by_text_;
  std::unordered_map<double, std::int64_t> by_number_;
};

/// "; '12 kg' in line 3 is no number" where that is why the column is text.
std::string why_text(const Table& table, const Column& column) {
  if (!column.is_text()) return {};
  const std::string& first = column.values.front();
  if (column.reading.odd.empty() && is_mostly_digits(first) && !is_date(first))
    return fmt::format(" ('{}' is no number)", first.substr(0, 40));
  if (column.reading.odd.empty()) return {};
  const FieldText& odd = column.reading.odd.front();
  return fmt::format(" ({}: '{}' is no number)", table.where(odd.row), odd.text.substr(0, 40));
}

std::vector<std::string> used_values(const Column& column) {
  std::vector<bool> used(column.values.size());
  for (const std::int32_t code : column.codes)
    if (code >= 0) used[static_cast<std::size_t>(code)] = true;
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < used.size(); ++i)
    if (used[i]) labels.push_back(column.values[i]);
  return labels;
}

}  // namespace

Target Target::choose(const Table& table, std::string_view which, std::optional<Task> task) {
  const Column& column = table.columns[static_cast<std::size_t>(find_column(table, which))];
  Target target;
  target.column_ = column.name;
  target.kind_ = column.kind;
  std::int64_t present = 0;
  for (std::int64_t row = 0; row < column.rows(); ++row) present += !column.missing(row);
  require<InputError>(present > 0, "target: all {} values of '{}' are missing; choose another target", column.rows(),
                      column.name);

  if (column.is_text()) {
    require<InputError>(
        task != Task::regression,
        "target: '{}' is text ('{}'{}), which a regression cannot predict; choose another target or task", column.name,
        column.values.front().substr(0, 40), why_text(table, column));
    target.task_ = Task::classification;
    target.labels_ = used_values(column);
    sort_labels(target.labels_);
  } else {
    const auto counts = count_numbers(column);
    target.task_ = task.value_or(looks_like_classes(counts, present) ? Task::classification : Task::regression);
    if (target.task_ == Task::classification)
      for (const auto& entry : counts) {
        target.labels_.push_back(column.spell(entry.first));
        target.numbers_.push_back(entry.first);
      }
    require<InputError>(target.task_ == Task::classification || counts.size() > 1,
                        "target: '{}' is {} in every row; choose another target", column.name,
                        shortest(counts.begin()->first));
  }
  if (target.task_ == Task::regression) return target;
  require<InputError>(target.classes() > 1,
                      "target: '{}' is '{}' in every row; choose a target with two classes or more", column.name,
                      target.labels_.front().substr(0, 40));
  require<InputError>(
      target.classes() <= std::max<std::int64_t>(20, present / 2),
      "target: '{}' has {} different values in {} rows, too many to be classes{}; choose another target{}", column.name,
      target.classes(), present, why_text(table, column), column.is_text() ? "" : " or the task regression");
  return target;
}

Target Target::known(std::string column, Task task, std::vector<std::string> labels, double mean, double scale) {
  Target target;
  target.column_ = std::move(column);
  target.task_ = task;
  target.labels_ = std::move(labels);
  target.mean_ = mean;
  target.scale_ = scale;
  return target;
}

const Column& Target::column_of(const Table& table) const {
  const Column* column = table.find(column_);
  require<InputError>(column, "target: {} has no column '{}'; add it",
                      table.source.empty() ? "the table" : table.source, column_);
  return *column;
}

std::vector<std::int64_t> Target::rows(const Table& table) const {
  const Column& column = column_of(table);
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < column.rows(); ++row)
    if (!column.missing(row)) rows.push_back(row);
  return rows;
}

void Target::fit(const Table& table, std::span<const std::int64_t> rows) {
  if (task_ == Task::classification) return;
  const Column& column = column_of(table);
  double sum = 0, squares = 0;
  for (const std::int64_t row : rows) sum += column.numbers[static_cast<std::size_t>(row)];
  mean_ = sum / static_cast<double>(rows.size());
  for (const std::int64_t row : rows) {
    const double centered = column.numbers[static_cast<std::size_t>(row)] - mean_;
    squares += centered * centered;
  }
  scale_ = std::sqrt(squares / static_cast<double>(rows.size()));
  require<InputError>(std::isfinite(mean_) && std::isfinite(scale_),
                      "target: the values of '{}' are so large that their squares are no numbers; give it in another "
                      "unit",
                      column_);
  const bool underflows =
      squares < std::numeric_limits<double>::min() && std::ranges::any_of(rows, [&](std::int64_t row) {
        return column.numbers[static_cast<std::size_t>(row)] != column.numbers[static_cast<std::size_t>(rows.front())];
      });
  require<InputError>(
      !underflows,
      "target: the values of '{}' are so close to each other that their squares are no numbers; give it "
      "in another unit",
      column_);
  if (!(scale_ > 1e-12 * std::abs(mean_))) scale_ = 1;
}

Tensor Target::encode(const Table& table, std::span<const std::int64_t> rows) const {
  const Column& column = column_of(table);
  const auto n = static_cast<std::int64_t>(rows.size());
  for (const std::int64_t row : rows)
    require<InputError>(!column.missing(row), "target: {}: '{}' is missing; fill it in or leave the row out",
                        table.where(row), column_);
  if (task_ == Task::regression) {
    require<InputError>(!column.is_text(), "target: '{}' is text but training had numbers", column_);
    Tensor targets = empty({n, 1}, float32);
    float* out = targets.data<float>();
    for (const std::int64_t row : rows)
      *out++ = static_cast<float>((column.numbers[static_cast<std::size_t>(row)] - mean_) / scale_);
    return targets;
  }
  return encode_labels(table, column, rows);
}

Tensor Target::encode_labels(const Table& table, const Column& column, std::span<const std::int64_t> rows) const {
  const LabelPlaces places(labels_, numbers_);
  Tensor targets = empty({static_cast<std::int64_t>(rows.size())}, int64);
  std::int64_t* out = targets.data<std::int64_t>();
  std::vector<std::int64_t> place_of_code;
  for (const std::string& value : column.values) place_of_code.push_back(places.find(value));
  for (const std::int64_t row : rows) {
    const auto r = static_cast<std::size_t>(row);
    const std::int64_t label =
        column.is_text() ? place_of_code[static_cast<std::size_t>(column.codes[r])] : places.find(column.numbers[r]);
    require<InputError>(label >= 0, "target: {}: '{}' is '{}', a class that training did not have; leave the row out",
                        table.where(row), column_, column.text(row).substr(0, 40));
    *out++ = label;
  }
  return targets;
}

}  // namespace relume::data
