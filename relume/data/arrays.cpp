#include "relume/data/arrays.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <unordered_map>
#include <utility>

#include "relume/base/require.h"

namespace relume::data {
namespace {

/// Throws where the nearest float32 of values that lie close together, far from 0, are hardly different any more.
template <class T>
void check_precision(const Tensor& x, const char* name, const std::string& source) {
  constexpr double most_lost = 1e-3;  // of the deviation
  double mean = 0, squares = 0, lost = 0, count = 0;
  for (const T value : x.span<T>()) {
    const auto v = static_cast<double>(value);
    if (!std::isfinite(v)) continue;
    const double apart = v - mean;
    mean += apart / ++count;
    squares += apart * (v - mean);
    lost = std::max(lost, std::fabs(v - static_cast<double>(static_cast<float>(value))));
  }
  require<InputError>(lost == 0 || lost <= most_lost * std::sqrt(squares / count),
                      "data: {}: {} lies around {:.10g}, where float32 does not tell its numbers apart; subtract that "
                      "first",
                      source, name, mean);
}

Tensor as_features(const Tensor& x, const char* name, const std::string& source) {
  Tensor dense = x.contiguous();
  if (dense.dtype() == uint8 || dense.dtype() == float32) return dense;
  if (dense.dtype() == float64) check_precision<double>(dense, name, source);
  if (dense.dtype() == int64) check_precision<std::int64_t>(dense, name, source);
  if (dense.dtype() == int32) check_precision<std::int32_t>(dense, name, source);
  return dense.to(float32);
}

double largest(const Tensor& x) {
  double most = 0;
  if (x.dtype() == uint8)
    for (const std::uint8_t v : x.span<std::uint8_t>()) most = std::max<double>(most, v);
  else
    for (const float v : x.span<float>()) most = std::max<double>(most, static_cast<double>(v));
  return most;
}

/// Rows that came apart: where each form of data has them.
struct Place {
  std::shared_ptr<RawArrays> RawArrays::*raw;
  std::shared_ptr<const Table> Table::*table;
  std::shared_ptr<const Arrays> Arrays::*arrays;
  const char* name;
  const char* features;
};

constexpr Place places[] = {
    {&RawArrays::valid, &Table::valid, &Arrays::valid, "validation", "the validation set's X"},
    {&RawArrays::test, &Table::test, &Arrays::test, "test", "the test set's X"},
};

/// Makes all parts one type.
void unify(Tensor& x, std::span<Arrays> parts, const std::string& source) {
  bool differ = false;
  for (std::size_t i = 0; i < std::size(places); ++i) {
    const Tensor& apart = parts[i].x;
    if (!apart.defined() || x.dtype() == apart.dtype()) continue;
    differ = true;
    const bool bytes_train = x.dtype() == uint8;
    const double bytes = largest(bytes_train ? x : apart), floats = largest(bytes_train ? apart : x);
    require<InputError>(bytes <= 1 || floats > 1,
                        "data: {}: the {} set's features are bytes up to {}, the {} set's numbers up to {}; scale both "
                        "alike",
                        source, bytes_train ? "training" : places[i].name, bytes,
                        bytes_train ? places[i].name : "training", floats);
  }
  if (!differ) return;
  x = x.to(float32);
  for (Arrays& part : parts)
    if (part.x.defined()) part.x = part.x.to(float32);
}

void check_rows(const Tensor& x, const std::optional<Column>& y, const std::string& source) {
  if (!y) return;
  require<InputError>(x.size(0) == y->rows(),
                      "data: {}: features are {} but there are {} targets; give one target for each row", source,
                      x.shape(), y->rows());
}

Shape row_shape(const Tensor& x) { return Shape(std::span(x.shape().begin() + 1, x.shape().end())); }

Table targets_of(std::optional<Column> y, std::string source) {
  Table table;
  table.has_header = false;
  table.source = std::move(source);
  if (y) table.columns.push_back(std::move(*y));
  return table;
}

Table to_table(const Tensor& x, std::optional<Column> y, std::string source) {
  Table table = columns_of(x, std::move(source));
  if (y) table.columns.push_back(std::move(*y));
  for (const Column& column : table.columns) check_finite(column, table);
  return table;
}

/// The first of these features that is no finite number, in words.
void check_finite(const Tensor& x, const char* name, const std::string& source) {
  if (!x.defined() || x.dtype() != float32) return;
  const Tensor dense = x.contiguous();
  const auto values = dense.span<float>();
  const auto found = std::ranges::find_if(values, [](float v) { return !std::isfinite(v); });
  if (found == values.end()) return;
  std::int64_t place = found - values.begin();
  std::string index;
  for (int d = x.dimensions() - 1; d > 0; --d) {
    index = fmt::format("{}{}{}", place % x.size(d), index.empty() ? "" : ", ", index);
    place /= x.size(d);
  }
  fail<InputError>("data: {}: row {} of {} holds {}{}; mend the value or leave the row out", source, place + 1, name,
                   std::isnan(*found) ? "NaN" : "an infinite number",
                   index.empty() ? "" : fmt::format(" at [{}], counted from 0", index));
}

}  // namespace

bool is_table(const Tensor& x) {
  if (x.dimensions() == 1) return true;
  return x.dimensions() == 2 && x.size(1) <= (x.dtype() == uint8 ? least_pixels - 1 : widest_table);
}

Table columns_of(const Tensor& x, std::string source) {
  constexpr std::int64_t rows_at_a_time = 256;  // as double precision they stay in cache
  const Tensor matrix = x.dimensions() == 1 ? x.reshape({x.size(0), 1}) : x;
  const std::int64_t rows = matrix.size(0), width = matrix.size(1);
  Table table;
  table.has_header = false;
  table.source = std::move(source);
  for (std::int64_t j = 0; j < width; ++j) {
    Column column{.name = fmt::format("x{}", j + 1)};
    column.numbers.resize(static_cast<std::size_t>(rows));
    table.columns.push_back(std::move(column));
  }
  for (std::int64_t at = 0; at < rows; at += rows_at_a_time) {
    const std::int64_t count = std::min(rows_at_a_time, rows - at);
    const Tensor block = matrix.slice(0, at, at + count).to(float64).contiguous();
    const double* values = block.data<double>();
    for (std::int64_t j = 0; j < width; ++j) {
      double* out = table.columns[static_cast<std::size_t>(j)].numbers.data() + at;
      for (std::int64_t i = 0; i < count; ++i) out[i] = values[i * width + j];
    }
  }
  return table;
}

Column target_column(const Tensor& y, const std::string& where) {
  require<InputError>(y.dimensions() == 1 || (y.dimensions() == 2 && y.size(1) == 1),
                      "data: {}: targets are {}; give one for each row{}", where, y.shape(),
                      y.dimensions() == 2 ? ": of one-hot rows y.argmax(axis=1)" : "");
  constexpr std::int64_t exact = std::int64_t{1} << 53;
  Column column{.name = "y"};
  if (y.dtype() == int64) {
    const Tensor dense = y.contiguous();
    const auto values = dense.span<std::int64_t>();
    if (std::ranges::any_of(values, [](std::int64_t v) { return v > exact || v < -exact; })) {
      column.kind = ColumnKind::text;
      std::unordered_map<std::int64_t, std::int32_t> code_of;
      for (const std::int64_t value : values) {
        const auto [found, added] = code_of.emplace(value, static_cast<std::int32_t>(column.values.size()));
        if (added) column.values.push_back(std::to_string(value));
        column.codes.push_back(found->second);
      }
      return column;
    }
  }
  column.numbers = y.to_vector<double>();
  return column;
}

namespace {

Arrays to_arrays(RawArrays raw, const char* name) {
  Arrays arrays;
  arrays.x = as_features(raw.x, name, raw.source);
  arrays.targets = targets_of(std::move(raw.y), raw.target_source.empty() ? raw.source : std::move(raw.target_source));
  arrays.are_labels = raw.are_labels;
  arrays.source = std::move(raw.source);
  return arrays;
}

void check(const RawArrays& raw) {
  require<InputError>(raw.x.dimensions() >= 1, "data: {}: features are a single number; give an array of rows",
                      raw.source);
  check_rows(raw.x, raw.y, raw.source);
  for (const Place& place : places) {
    const std::shared_ptr<RawArrays>& part = raw.*place.raw;
    if (!part) continue;
    require<InputError>(part->x.dimensions() >= 1 && row_shape(part->x) == row_shape(raw.x),
                        "data: {}: the {} set's features are {} but the training set's {}; give rows of one shape",
                        raw.source, place.name, part->x.shape(), raw.x.shape());
    check_rows(part->x, part->y, part->source);
  }
}

}  // namespace

Source to_source(RawArrays raw) {
  check(raw);
  const auto is_no_table = [&](const Place& place) { return raw.*place.raw && !is_table((raw.*place.raw)->x); };
  if (is_table(raw.x) && std::ranges::none_of(places, is_no_table)) {
    Table table = to_table(std::exchange(raw.x, {}), std::move(raw.y), std::move(raw.source));
    for (const Place& place : places)
      if (const std::shared_ptr<RawArrays> part = std::move(raw.*place.raw))
        table.*place.table = std::make_shared<const Table>(
            to_table(std::exchange(part->x, {}), std::move(part->y), std::move(part->source)));
    return table;
  }
  Arrays parts[std::size(places)];
  for (std::size_t i = 0; i < std::size(places); ++i)
    if (const std::shared_ptr<RawArrays> part = std::move(raw.*places[i].raw))
      parts[i] = to_arrays(std::move(*part), places[i].features);
  Arrays arrays = to_arrays(std::move(raw), "X");
  unify(arrays.x, parts, arrays.source);
  for (std::size_t i = 0; i < std::size(places); ++i)
    if (parts[i].x.defined()) arrays.*places[i].arrays = std::make_shared<const Arrays>(std::move(parts[i]));
  return arrays;
}

Target choose_target(const Arrays& arrays, std::optional<Task> task) {
  require<InputError>(!arrays.targets.columns.empty(), "train: {} holds no targets; put them into it as \"y\"",
                      arrays.source);
  const Column& y = arrays.targets.columns.front();
  if (!task && arrays.are_labels && !y.is_text()) {
    std::vector<double> values = y.numbers;
    std::erase_if(values, [](double v) { return std::isnan(v); });
    std::ranges::sort(values);
    const auto distinct = std::unique(values.begin(), values.end()) - values.begin();
    if (2 * distinct <= y.rows()) task = Task::classification;
  }
  return Target::choose(arrays.targets, "y", task);
}

Tensor encode_among_all(const Target& target, const Table& table, std::span<const std::int64_t> rows) {
  Tensor some = target.encode(table, rows);
  if (some.size(0) == table.rows()) return some;
  Shape shape = some.shape();
  shape[0] = table.rows();
  Tensor all = zeros(shape, some.dtype());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    all.slice(0, rows[i], rows[i] + 1).copy_(some.slice(0, at, at + 1));
  }
  return all;
}

namespace {

bool has_targets(const Table& part, const Table& whole) { return part.columns.size() == whole.columns.size(); }
bool has_targets(const Arrays& part, const Arrays& whole) {
  return part.targets.columns.size() == whole.targets.columns.size();
}

/// Calls found(part) where the source brings it.
template <class F>
void with_part(const Source& source, Apart which, F found) {
  const auto look = [&](const auto& whole) {
    const auto& part = which == Apart::test ? whole.test : whole.valid;
    if (part && has_targets(*part, whole)) found(*part);
  };
  std::visit(look, source);
}

}  // namespace

std::optional<Source> part_of(const Source& source, Apart part) {
  std::optional<Source> own;
  with_part(source, part, [&](const auto& found) { own = found; });
  return own;
}

bool has_test_set(const Source& source) {
  bool has = false;
  with_part(source, Apart::test, [&](const auto&) { has = true; });
  return has;
}

void check_finite(const Arrays& arrays) {
  check_finite(arrays.x, "X", arrays.source);
  for (const Place& place : places)
    if (const auto& part = arrays.*place.arrays) check_finite(part->x, place.features, arrays.source);
}

}  // namespace relume::data
