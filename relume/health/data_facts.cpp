#include "relume/health/data_facts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "relume/data/column_index.h"

namespace relume::health {
namespace {

constexpr std::size_t least_targets = 20, enough_rows = 50, most_rows = 20000, least_columns = 3;
constexpr double least_of_a_class = 10;
constexpr double worth_telling = 0.9;

/// A field as a number that is alike where fields are: a missing one is −infinity, below all others.
double key(const data::Column& column, std::int64_t row) {
  if (column.missing(row)) return -HUGE_VAL;
  const auto r = static_cast<std::size_t>(row);
  return column.is_text() ? static_cast<double>(column.codes[r]) : column.numbers[r];
}

/// A column's field and its target's, row by row, in the order of the field.
struct Pair {
  double x = 0, y = 0;
};

using Counts = std::map<double, double>;  // of each class

Counts count_classes(std::span<const Pair> pairs) {
  Counts counts;
  for (const Pair& pair : pairs) ++counts[pair.y];
  return counts;
}

/// Calls f with the pairs of each value of x.
template <class F>
void for_values(std::span<const Pair> pairs, F f) {
  for (std::size_t begin = 0, end = 0; begin < pairs.size(); begin = end) {
    while (end < pairs.size() && pairs[end].x == pairs[begin].x) ++end;
    f(pairs.subspan(begin, end - begin));
  }
}

std::size_t count_values(std::span<const Pair> pairs) {
  std::size_t count = 0;
  for_values(pairs, [&](std::span<const Pair>) { ++count; });
  return count;
}

/// Each row's class told by what the other rows of the same value mostly are: the mean of the classes' shares.
double told_by_value(std::span<const Pair> pairs, const Counts& all) {
  Counts right;
  for_values(pairs, [&](std::span<const Pair> same) {
    for (const auto& [y, count] : count_classes(same)) {
      double others = 0;
      for (const auto& [other, n] : count_classes(same))
        if (other != y) others = std::max(others, n);
      if (count - 1 > others) right[y] += count;
    }
  });
  double share = 0;
  for (const auto& [y, count] : all) share += right[y] / count / static_cast<double>(all.size());
  return share;
}

/// The best threshold between two classes.
double told_by_threshold(std::span<const Pair> pairs, const Counts& all) {
  const double first = all.begin()->first, n_first = all.begin()->second, n_second = all.rbegin()->second;
  double below_first = 0, below_second = 0, best = 0;
  for_values(pairs, [&](std::span<const Pair> same) {
    for (const Pair& pair : same) ++(pair.y == first ? below_first : below_second);
    const double share = (below_first / n_first + 1 - below_second / n_second) / 2;
    best = std::max({best, share, 1 - share});
  });
  return best;
}

/// 1 where the classes lie one beside the other on the line.
double told_by_order(std::span<const Pair> pairs, const Counts& all) {
  std::size_t runs = 1;
  for (std::size_t i = 1; i < pairs.size(); ++i) {
    runs += pairs[i].y != pairs[i - 1].y;
    if (pairs[i].y != pairs[i - 1].y && pairs[i].x == pairs[i - 1].x) return 0;
  }
  return runs == all.size() ? 1 : 0;
}

double tells_classes(std::span<const Pair> pairs, bool number) {
  const Counts all = count_classes(pairs);
  const bool enough = all.size() > 1 && std::all_of(all.begin(), all.end(),
                                                    [](const auto& count) { return count.second >= least_of_a_class; });
  if (!enough) return 0;
  const double by_value = count_values(pairs) <= pairs.size() / 10 ? told_by_value(pairs, all) : 0;
  if (!number) return by_value;
  return std::max(by_value, all.size() == 2 ? told_by_threshold(pairs, all) : told_by_order(pairs, all));
}

double squared_correlation(std::span<const Pair> pairs) {
  double mean_x = 0, mean_y = 0, xx = 0, yy = 0, xy = 0, n = 0;
  for (const Pair& pair : pairs) {
    const double dx = pair.x - mean_x, dy = pair.y - mean_y;
    ++n;
    mean_x += dx / n;
    mean_y += dy / n;
    xx += dx * (pair.x - mean_x);
    yy += dy * (pair.y - mean_y);
    xy += dx * (pair.y - mean_y);
  }
  return xx > 0 && yy > 0 ? xy / xx * xy / yy : 0;
}

/// Each value's rank, the mean of their places where some are alike.
std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> result(values.size());
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (std::size_t i = begin; i < end; ++i) result[order[i]] = static_cast<double>(begin + end - 1) / 2;
  }
  return result;
}

double squared_rank_correlation(std::span<const Pair> pairs) {
  std::vector<double> x, y;
  for (const Pair& pair : pairs) x.push_back(pair.x), y.push_back(pair.y);
  x = ranks(x), y = ranks(y);
  std::vector<Pair> ranked;
  for (std::size_t i = 0; i < x.size(); ++i) ranked.push_back({x[i], y[i]});
  return squared_correlation(ranked);
}

double variance_between_values(std::span<const Pair> pairs) {
  const auto n = static_cast<double>(pairs.size());
  double mean = 0, total = 0, within = 0;
  for (const Pair& pair : pairs) mean += pair.y / n;
  for (const Pair& pair : pairs) total += (pair.y - mean) * (pair.y - mean);
  for_values(pairs, [&](std::span<const Pair> same) {
    double middle = 0;
    for (const Pair& pair : same) middle += pair.y / static_cast<double>(same.size());
    for (const Pair& pair : same) within += (pair.y - middle) * (pair.y - middle);
  });
  return total > 0 ? 1 - within / total : 0;
}

double tells_numbers(std::span<const Pair> pairs, bool number) {
  std::vector<double> targets;
  for (const Pair& pair : pairs) targets.push_back(pair.y);
  std::sort(targets.begin(), targets.end());
  const auto different = std::unique(targets.begin(), targets.end()) - targets.begin();
  if (static_cast<std::size_t>(different) < least_targets) return 0;
  const double between = count_values(pairs) <= pairs.size() / 20 ? variance_between_values(pairs) : 0;
  // A row without the column's number would need another answer.
  if (!number || pairs.front().x == -HUGE_VAL) return between;
  return std::max({between, squared_correlation(pairs), squared_rank_correlation(pairs)});
}

/// -999, 9999: two nines or more.
bool is_of_nines(double value) {
  double nines = 99;
  while (nines < std::fabs(value) && nines < 1e15) nines = 10 * nines + 9;
  return std::fabs(value) == nines;
}

/// What stands apart in the columns of numbers.
std::vector<OutlyingColumn> find_outlying(const data::ColumnIndex& index, const data::Preprocessor& preprocessor,
                                          std::span<const std::int64_t> rows) {
  std::vector<OutlyingColumn> all;
  for (const data::ColumnPlan& plan : preprocessor.used()) {
    const data::Column* column = index.find(plan.name);
    if (!column || column->is_text() || plan.kind == data::ColumnKind::text) continue;
    std::vector<double> values;
    for (const std::int64_t row : rows) values.push_back(column->numbers[static_cast<std::size_t>(row)]);
    if (auto found = measure_outlying(plan.name, std::move(values))) all.push_back(std::move(*found));
  }
  return all;
}

}  // namespace

std::optional<TargetColumn> measure_target(std::vector<double> values) {
  std::erase_if(values, [](double v) { return !std::isfinite(v); });
  if (values.size() < least_targets) return std::nullopt;
  TargetColumn target;
  target.rows = std::ssize(values);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  target.median = *middle;
  const auto far = static_cast<std::ptrdiff_t>(std::max<std::size_t>(values.size() / 1000, 1));
  std::partial_sort(values.begin(), values.begin() + far, values.end(),
                    [&](double a, double b) { return std::fabs(a - target.median) > std::fabs(b - target.median); });
  target.farthest = values.front();
  for (auto value = values.begin(); value != values.begin() + far; ++value)
    target.distances.push_back(std::fabs(*value - target.median));
  double squares = 0;
  for (auto value = values.begin() + far; value != values.end(); ++value)
    squares += (*value - target.median) * (*value - target.median);
  target.deviation = std::sqrt(squares / static_cast<double>(values.size() - static_cast<std::size_t>(far)));
  return target;
}

std::optional<OutlyingColumn> measure_outlying(std::string name, std::vector<double> values) {
  std::erase_if(values, [](double v) { return !std::isfinite(v); });
  if (values.size() <= least_targets) return std::nullopt;
  std::sort(values.begin(), values.end());
  const double median = values[values.size() / 2];
  const auto distance = [&](double v) { return std::fabs(v - median); };
  OutlyingColumn found{.name = std::move(name)};
  // What is farthest is taken away at either end, one after the other; the others are values[begin, end).
  std::size_t begin = 0, end = values.size();
  while (end - begin > least_targets) {
    const double farthest = distance(values[begin]) >= distance(values[end - 1]) ? values[begin] : values[end - 1];
    if (begin == 0 && end == values.size()) found.value = farthest;
    const bool low = farthest < median;
    // Equal ones go together.
    while (end - begin > 1 && (low ? values[begin] : values[end - 1]) == farthest) low ? ++begin : --end;
    const std::size_t taken = values.size() - (end - begin);
    const bool is_mark = farthest == found.value && taken > 1 && is_of_nines(farthest);
    if (taken * (is_mark ? 2 : 20) > values.size() && taken > 1) break;
    const double next = std::max(distance(values[begin]), distance(values[end - 1]));
    const bool various = values[begin] < values[end - 1] &&
                         std::any_of(values.begin() + static_cast<std::ptrdiff_t>(begin),
                                     values.begin() + static_cast<std::ptrdiff_t>(end),
                                     [&](double v) { return v != values[begin] && v != values[end - 1]; });
    if (!various || distance(farthest) <= found.factor * next) continue;
    found.factor = distance(farthest) / next;
    found.rows = static_cast<std::int64_t>(taken);
    found.low = values[begin];
    found.high = values[end - 1];
    found.is_mark = is_mark;
  }
  return found.rows > 0 ? std::optional(std::move(found)) : std::nullopt;
}

double tells(const data::Column& column, const data::Column& target, data::Task task,
             std::span<const std::int64_t> rows) {
  if (rows.size() < enough_rows) return 0;
  std::vector<Pair> pairs;
  for (const std::int64_t row : rows) pairs.push_back({key(column, row), key(target, row)});
  std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.x < b.x; });
  const std::span<const Pair> sorted = pairs;
  return task == data::Task::classification ? tells_classes(sorted, !column.is_text())
                                            : tells_numbers(sorted, !column.is_text());
}

DataFacts look_at_table(const data::Table& table, const data::Preprocessor& preprocessor,
                        std::span<const std::int64_t> training_rows) {
  DataFacts facts;
  const data::Column* target = table.find(preprocessor.target().column());
  if (!target) return facts;
  const data::Task task = preprocessor.target().task();
  if (task == data::Task::regression && !target->is_text()) {
    // Of all rows: one that is held out spoils what the network is judged by.
    std::vector<double> values;
    for (const double value : target->numbers)
      if (!std::isnan(value)) values.push_back(value);
    facts.target = measure_target(std::move(values));
  }
  const auto rows = training_rows.first(std::min(training_rows.size(), most_rows));
  const data::ColumnIndex index(table);
  facts.outlying = find_outlying(index, preprocessor, rows);
  facts.looked_for_outlying = true;
  if (preprocessor.used().size() < least_columns) return facts;
  facts.looked_at = true;
  for (const data::ColumnPlan& plan : preprocessor.used())
    if (const data::Column* column = index.find(plan.name)) {
      const double share = tells(*column, *target, task, rows);
      if (share > worth_telling) facts.telling.push_back({plan.name, share, task == data::Task::classification});
    }
  return facts;
}

}  // namespace relume::health
