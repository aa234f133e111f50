// Nodes that move values and change none: shapes, parts, constants, and what only training needs.
#include <algorithm>
#include <cmath>

#include "relume/onnx/node_reader.h"
#include "relume/onnx/recognise.h"

namespace relume::onnx {
namespace {

using Shape = std::vector<std::int64_t>;

std::int64_t product(const Shape& shape) {
  constexpr std::int64_t most = std::int64_t{1} << 40;
  std::int64_t count = 1;
  for (const std::int64_t n : shape) count = std::min(count * std::clamp<std::int64_t>(n, 0, most), most);
  return count;
}

/// An axis of rows counted from the front, where the rows themselves are axis 0.
std::int64_t axis_of(const NodeReader& node, std::int64_t axis, std::int64_t dimensions) {
  if (axis < 0) axis += dimensions;
  node.require_fit(axis >= 0 && axis < dimensions, "its axis {} is none of {}", axis, dimensions);
  return axis;
}

/// A place that counts from the end where it is negative.
std::int64_t bounded(std::int64_t at, std::int64_t n) { return std::clamp<std::int64_t>(at < 0 ? at + n : at, 0, n); }

std::int64_t dimensions(const Rows& rows) { return std::ssize(rows.shape) + 1; }

Results pass(const NodeReader& node) { return {node.value(0)}; }

Results dropout(const NodeReader& node) {
  if (node.has(2) && node.number(2) != 0) node.not_supported("it is in training");
  return {node.value(0)};
}

Results cast(const NodeReader& node) {
  const std::int64_t to = node.integer("to", 0);
  const bool to_float = to == proto::Tensor::FLOAT || to == proto::Tensor::DOUBLE || to == proto::Tensor::FLOAT16 ||
                        to == proto::Tensor::BFLOAT16;
  if (std::holds_alternative<Rows>(node.value(0))) {
    if (to_float) return {node.value(0)};
    if (to != proto::Tensor::BOOL) node.not_supported("it turns rows into whole numbers or texts");
    Rows rows = node.rows(0);
    rows.term = node.terms().apply(*find_element_operator("Truth"), {rows.term}, {}, node.name());
    return {rows};
  }
  Array array = node.constant(0);
  if (!array.texts.empty() || to == proto::Tensor::STRING) node.not_supported("it casts texts");
  if (!to_float)
    for (double& number : array.numbers) number = to == proto::Tensor::BOOL ? number != 0 : std::trunc(number);
  return {array};
}

Results constant(const NodeReader& node) {
  if (const auto* value = node.attribute("value")) return {array_of(value->t(), node.folder())};
  Array array;
  if (node.attribute("value_float")) array.numbers = {node.number("value_float", 0)};
  if (node.attribute("value_int")) array.numbers = {static_cast<double>(node.integer("value_int", 0))};
  if (!array.numbers.empty()) return {array};
  array.numbers = node.numbers("value_floats");
  for (const std::int64_t i : node.integers("value_ints")) array.numbers.push_back(static_cast<double>(i));
  array.texts = node.texts("value_strings");
  array.shape = {std::max(array.elements(), std::ssize(array.texts))};
  if (array.shape[0] == 0) node.not_supported();
  return {array};
}

Results shape(const NodeReader& node) {
  const Rows& rows = node.rows(0);
  Array array{.shape = {dimensions(rows)}, .numbers = {0}, .is_shape = true};
  for (const std::int64_t n : rows.shape) array.numbers.push_back(static_cast<double>(n));
  const std::int64_t n = array.elements();
  const std::int64_t begin = bounded(node.integer("start", 0), n), end = bounded(node.integer("end", n), n);
  if (begin >= end) node.not_supported();
  array.numbers = {array.numbers.begin() + begin, array.numbers.begin() + end};
  array.shape = {end - begin};
  return {array};
}

/// Some numbers of a vector.
Results gather(const NodeReader& node) {
  if (std::holds_alternative<Rows>(node.value(0)) || !node.is_constant(1)) node.not_supported();
  const Array& from = node.constant(0);
  if (from.dimensions() != 1 || node.integer("axis", 0) != 0 || !from.texts.empty()) node.not_supported();
  Array result{.shape = node.constant(1).shape, .is_shape = from.is_shape};
  for (std::int64_t i : node.integers(1)) {
    if (i < 0) i += from.elements();
    node.require_fit(i >= 0 && i < from.elements(), "it takes number {} of {}", i, from.elements());
    result.numbers.push_back(from.numbers[static_cast<std::size_t>(i)]);
  }
  return {result};
}

Rows reshaped(const NodeReader& node, const Rows& rows, Shape target) {
  const bool zero_is_zero = node.integer("allowzero", 0) != 0;
  if (target.empty() || (zero_is_zero && std::ranges::count(target, 0))) node.not_supported();
  for (std::size_t i = 0; i < target.size(); ++i)
    if (target[i] == 0 && i > 0) {
      node.require_fit(i <= rows.shape.size(), "it keeps a dimension that is not there");
      target[i] = rows.shape[i - 1];
    }
  const std::int64_t first = target.front();
  Rows result = rows;
  result.shape.assign(target.begin() + 1, target.end());
  const auto open = std::ranges::find(result.shape, -1);
  if (open != result.shape.end()) {
    *open = 1;
    const std::int64_t rest = product(result.shape);
    if (rest == 0 || rows.width() % rest != 0 || first == -1) node.not_supported("it mixes rows");
    *open = rows.width() / rest;
  }
  const bool keeps_rows = first == 0 || first == -1 || (node.batch() > 0 && first == node.batch());
  if (!keeps_rows || product(result.shape) != rows.width()) node.not_supported("it mixes rows");
  return result;
}

Results reshape(const NodeReader& node) {
  const auto target = node.integers("shape", 1);
  if (!target) node.not_supported();
  if (std::holds_alternative<Rows>(node.value(0))) return {reshaped(node, node.rows(0), *target)};
  Array array = node.constant(0);
  Shape given = *target;
  if (const auto open = std::ranges::find(given, -1); open != given.end()) {
    *open = 1;
    if (product(given) > 0) *open = array.elements() / product(given);
  }
  if (product(given) != array.elements()) node.not_supported("its shape does not fit");
  array.shape = given;
  return {array};
}

Results flatten(const NodeReader& node) {
  Rows rows = node.rows(0);
  const std::int64_t axis = node.integer("axis", 1);
  if (axis != 1 && axis != 1 - dimensions(rows)) node.not_supported("it mixes rows");
  rows.shape = {rows.width()};
  return {rows};
}

Results squeeze(const NodeReader& node) {
  const auto axes = node.integers("axes", 1);
  if (node.is_constant(0)) {
    Array array = node.constant(0);
    std::erase(array.shape, 1);
    if (axes && axes->size() != node.constant(0).shape.size() - array.shape.size()) node.not_supported();
    return {array};
  }
  Rows rows = node.rows(0);
  if (!axes && node.batch() == 1) node.not_supported("it may take the rows' dimension away");
  std::vector<bool> goes(rows.shape.size(), !axes);
  if (axes)
    for (const std::int64_t axis : *axes) {
      const std::int64_t at = axis_of(node, axis, dimensions(rows));
      if (at == 0) node.not_supported("it takes the rows' dimension away");
      goes[static_cast<std::size_t>(at - 1)] = true;
    }
  Shape left;
  for (std::size_t i = 0; i < goes.size(); ++i)
    if (!goes[i] || (!axes && rows.shape[i] != 1))
      left.push_back(rows.shape[i]);
    else
      node.require_fit(rows.shape[i] == 1, "it takes away a dimension of {}", rows.shape[i]);
  rows.shape = left;
  return {rows};
}

Results unsqueeze(const NodeReader& node) {
  const auto axes = node.integers("axes", 1);
  if (!axes) node.not_supported();
  const auto widened = [&](Shape shape) {
    const std::int64_t count = std::ssize(shape) + std::ssize(*axes);
    std::vector<std::int64_t> places;
    for (const std::int64_t axis : *axes) places.push_back(axis_of(node, axis, count));
    std::ranges::sort(places);
    for (const std::int64_t at : places) {
      node.require_fit(at <= std::ssize(shape), "its axes do not fit");
      shape.insert(shape.begin() + at, 1);
    }
    return shape;
  };
  if (node.is_constant(0)) {
    Array array = node.constant(0);
    array.shape = widened(array.shape);
    return {array};
  }
  Rows rows = node.rows(0);
  Shape whole{0};
  whole.insert(whole.end(), rows.shape.begin(), rows.shape.end());
  whole = widened(whole);
  if (whole.front() != 0) node.not_supported("it puts a dimension before the rows");
  rows.shape.assign(whole.begin() + 1, whole.end());
  return {rows};
}

/// Of rows the identity alone, of constants matrices.
Results transpose(const NodeReader& node) {
  std::vector<std::int64_t> order = node.integers("perm");
  if (!node.is_constant(0)) {
    if (order.empty() || !std::ranges::is_sorted(order)) node.not_supported("it moves values between places");
    return {node.value(0)};
  }
  const Array& from = node.constant(0);
  if (from.dimensions() != 2 || !from.texts.empty() || (!order.empty() && order != Shape{1, 0})) node.not_supported();
  Array result{.shape = {from.shape[1], from.shape[0]}, .numbers = std::vector<double>(from.numbers.size())};
  const auto rows = static_cast<std::size_t>(from.shape[0]), columns = static_cast<std::size_t>(from.shape[1]);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) result.numbers[j * rows + i] = from.numbers[i * columns + j];
  return {result};
}

Rows part(const NodeReader& node, const Rows& rows, std::int64_t begin, std::int64_t end) {
  node.require_fit(begin >= 0 && begin < end && end <= rows.width(), "it takes values {} to {} of {}", begin, end,
                   rows.width());
  Rows result = rows;
  result.offset += begin;
  result.shape = {end - begin};
  return result;
}

Results split(const NodeReader& node) {
  const Rows rows = node.settled(node.rows(0));
  if (rows.shape.size() != 1 || axis_of(node, node.integer("axis", 0), 2) != 1) node.not_supported("it divides rows");
  std::vector<std::int64_t> sizes = node.integers("split", 1).value_or(std::vector<std::int64_t>());
  if (sizes.empty()) {
    const auto count = static_cast<std::int64_t>(node.results());
    const std::int64_t size = (rows.width() + count - 1) / count;
    for (std::int64_t i = 0; i < count; ++i) sizes.push_back(std::min(size, rows.width() - i * size));
  }
  Results parts;
  std::int64_t begin = 0;
  for (const std::int64_t size : sizes) {
    node.require_fit(size > 0 && size <= rows.width(), "it takes parts of {} values of {}", size, rows.width());
    parts.emplace_back(part(node, rows, begin, begin + size));
    begin += size;
  }
  return parts;
}

Results slice(const NodeReader& node) {
  const auto starts = node.integers("starts", 1), ends = node.integers("ends", 2), axes = node.integers("axes", 3);
  if (!starts || !ends || starts->size() != 1 || ends->size() != 1) node.not_supported();
  if (node.has(4) && node.integers(4) != std::vector<std::int64_t>{1}) node.not_supported("it takes steps");
  if (node.is_constant(0)) {
    Array array = node.constant(0);
    if (array.dimensions() != 1 || !array.texts.empty()) node.not_supported();
    const std::int64_t n = array.elements(), begin = bounded((*starts)[0], n), end = bounded((*ends)[0], n);
    if (begin >= end) node.not_supported();
    array.numbers = {array.numbers.begin() + begin, array.numbers.begin() + end};
    array.shape = {end - begin};
    return {array};
  }
  const Rows rows = node.settled(node.rows(0));
  const std::int64_t axis = axes && axes->size() == 1 ? (*axes)[0] : 0;
  if (rows.shape.size() != 1 || axis_of(node, axis, 2) != 1) node.not_supported("it takes some of the rows");
  const std::int64_t n = rows.width();
  return {part(node, rows, bounded((*starts)[0], n), bounded((*ends)[0], n))};
}

/// [f(x), f(−x)]
std::optional<Rows> both_signs(const NodeReader& node, const Rows& a, const Rows& b) {
  for (const activation::Entry& entry : activation::table()) {
    if (entry.kind != activation::Kind::concatenated) continue;
    const Activation f(entry.wraps);
    if (is_activation(node.terms(), a.term, f) && is_activation(node.terms(), b.term, f, -1))
      return node.push(a, infer::Along{Activation(entry)});
  }
  return std::nullopt;
}

/// [1 − p, p], as scikit-learn's classifiers of two classes end.
std::optional<Rows> with_rest(const NodeReader& node, const Rows& rest, const Rows& p) {
  const Rows x = node.settled(p);
  if (p.width() != 1) return std::nullopt;
  for (const double v : {0.25, 0.75}) {
    const double one = p.term == Terms::variable
                           ? v
                           : node.terms().values(Terms::variable, p.term, {&v, 1}).value_or(std::vector<double>{9})[0];
    const auto other = node.terms().values(Terms::variable, rest.term, {&v, 1});
    if (!other || std::abs((*other)[0] + one - 1) > 1e-6) return std::nullopt;
  }
  return node.push(x, infer::Dense{1, 2, {-1, 1}, {1, 0}});
}

Results concat(const NodeReader& node) {
  const std::int64_t axis = node.integer("axis", 0);
  if (node.is_constant(0)) {
    Array all{.shape = {0}};
    for (std::size_t i = 0; i < node.operands(); ++i) {
      const Array& array = node.constant(i);
      if (array.dimensions() != 1 || axis != 0 || !array.texts.empty()) node.not_supported();
      all.numbers.insert(all.numbers.end(), array.numbers.begin(), array.numbers.end());
      all.is_shape |= array.is_shape;
    }
    all.shape = {all.elements()};
    return {all};
  }
  if (node.operands() == 1) return {node.value(0)};
  if (node.operands() != 2) node.not_supported("it joins branches");
  Rows a = node.rows(0), b = node.rows(1);
  if (a.stage != b.stage) a = node.settled_before(a), b = node.settled_before(b);
  if (a.shape.size() != 1 || axis_of(node, axis, 2) != 1 || a.stage != b.stage || a.offset != 0 || b.offset != 0 ||
      a.shape != b.shape || a.width() != node.width_of(a))
    node.not_supported("it joins branches");
  if (const auto rows = both_signs(node, a, b)) return {*rows};
  if (const auto rows = with_rest(node, a, b)) return {*rows};
  node.not_supported("it joins branches");
}

/// What scikit-learn's classifiers end in: a dictionary of probabilities by label.
Results zip_map(const NodeReader& node) {
  Array labels{.texts = node.texts("classlabels_strings")};
  for (const std::int64_t label : node.integers("classlabels_int64s"))
    labels.numbers.push_back(static_cast<double>(label));
  node.tell_labels(labels);
  return {node.value(0)};
}

/// The label of the largest probability, which relume finds by itself.
Results label_of(const NodeReader& node) {
  if (node.is_constant(0)) node.tell_labels(node.constant(0));
  node.not_supported();
}

}  // namespace

const std::vector<NodeOperator> shape_operators = {
    {"Cast", cast},         {"CastLike", pass},       {"Concat", concat},       {"Constant", constant},
    {"Dropout", dropout},   {"Flatten", flatten},     {"Gather", gather},       {"Identity", pass},
    {"Reshape", reshape},   {"Shape", shape},         {"Slice", slice},         {"Split", split},
    {"Squeeze", squeeze},   {"Transpose", transpose}, {"Unsqueeze", unsqueeze}, {"ml.ArrayFeatureExtractor", label_of},
    {"ml.ZipMap", zip_map},
};

}  // namespace relume::onnx
