// Normalisation along a row as exporters write it out: (x − mean) / √(mean((x − mean)²) + ε).
#include <algorithm>
#include <cmath>

#include "relume/onnx/node_reader.h"

namespace relume::onnx {
namespace {

using Kind = Moment::Kind;

const Moment* moment(const NodeReader& node, std::size_t i, Kind kind) {
  const auto* found = node.has(i) ? std::get_if<Moment>(&node.value(i)) : nullptr;
  return found && found->kind == kind ? found : nullptr;
}

bool same_rows(const Rows& a, const Rows& b) {
  return a.stage == b.stage && a.term == b.term && a.offset == b.offset && a.shape == b.shape;
}

Moment next(const Moment& moment, Kind kind, double epsilon = 0) {
  return {kind, moment.rows, std::max(epsilon, moment.epsilon)};
}

/// Along the last dimension alone, which stays.
bool is_along_row(const NodeReader& node, const Rows& rows) {
  const auto axes = node.integers("axes", 1);
  const std::int64_t last = std::ssize(rows.shape);
  return last > 0 && axes && axes->size() == 1 && ((*axes)[0] == -1 || (*axes)[0] == last) &&
         node.integer("keepdims", 1) == 1;
}

std::optional<Value> mean(const NodeReader& node) {
  if (const Moment* squared = moment(node, 0, Kind::squared)) {
    if (is_along_row(node, squared->rows)) return next(*squared, Kind::variance);
  } else if (const auto* rows = std::get_if<Rows>(&node.value(0))) {
    if (is_along_row(node, *rows)) return Moment{Kind::mean, node.settled(*rows)};
  }
  return std::nullopt;
}

std::optional<Value> centered(const NodeReader& node) {
  const Moment* mean = moment(node, 1, Kind::mean);
  const auto* rows = std::get_if<Rows>(&node.value(0));
  if (!mean || !rows || !same_rows(node.settled_before(*rows), mean->rows)) return std::nullopt;
  return next(*mean, Kind::centered);
}

std::optional<Value> squared(const NodeReader& node, bool by_power) {
  const Moment* base = moment(node, 0, Kind::centered);
  if (!base) return std::nullopt;
  const Moment* again = by_power ? nullptr : moment(node, 1, Kind::centered);
  const bool is_square = by_power ? node.number(1) == 2 : again && same_rows(base->rows, again->rows);
  return is_square ? std::optional<Value>(next(*base, Kind::squared)) : std::nullopt;
}

std::optional<Value> stable(const NodeReader& node) {
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}})
    if (const Moment* variance = moment(node, i, Kind::variance))
      return next(*variance, Kind::stable, node.number(1 - i));
  return std::nullopt;
}

std::optional<Value> normalised(const NodeReader& node) {
  const Moment *base = moment(node, 0, Kind::centered), *deviation = moment(node, 1, Kind::deviation);
  if (!base || !deviation || !same_rows(base->rows, deviation->rows)) return std::nullopt;
  const auto width = static_cast<std::size_t>(base->rows.width());
  const std::int64_t groups = base->rows.width() / base->rows.shape.back();
  const double epsilon = std::stod(fmt::format("{}", static_cast<float>(deviation->epsilon)));
  Rows y = node.push(base->rows,
                     infer::Normalise{groups, epsilon, std::vector<float>(width, 1), std::vector<float>(width, 0)});
  y.shape = base->rows.shape;
  return y;
}

std::optional<Value> step(const NodeReader& node, std::string_view op) {
  if (op == "ReduceMean") return mean(node);
  if (op == "Sub") return centered(node);
  if (op == "Pow" || op == "Mul") return squared(node, op == "Pow");
  if (op == "Add") return stable(node);
  if (op == "Div") return normalised(node);
  if (op == "Sqrt")
    if (const Moment* sum = moment(node, 0, Kind::stable)) return next(*sum, Kind::deviation);
  return std::nullopt;
}

}  // namespace

std::optional<Results> read_moment_node(const NodeReader& node, std::string_view op) {
  if (auto value = step(node, op)) return Results{std::move(*value)};
  return std::nullopt;
}

}  // namespace relume::onnx
