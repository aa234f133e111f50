// Nodes that work value by value.
#include <algorithm>

#include "relume/onnx/node_reader.h"
#include "relume/onnx/recognise.h"

namespace relume::onnx {
namespace {

/// Two constants, or one and a number.
Array joined(const NodeReader& node, const ElementOperator& op, const std::vector<double>& settings) {
  Array result = node.constant(0);
  for (std::size_t i = 0; i < node.operands(); ++i) {
    const Array& other = node.constant(i);
    if (other.is_shape || !other.texts.empty()) node.not_supported("it makes something of constants alone");
    if (other.elements() > result.elements()) result.shape = other.shape, result.numbers = other.numbers;
  }
  for (std::size_t k = 0; k < result.numbers.size(); ++k) {
    double x[3] = {};
    for (std::size_t i = 0; i < node.operands(); ++i) {
      const Array& other = node.constant(i);
      const bool is_one = other.elements() == 1;
      if (!is_one && other.shape != result.shape) node.not_supported("it makes something of constants alone");
      x[i] = other.numbers[is_one ? 0 : k];
    }
    result.numbers[k] = op.value(x, settings.data());
  }
  return result;
}

bool same_place(const Rows& a, const Rows& b) {
  return a.stage == b.stage && a.offset == b.offset && a.shape == b.shape;
}

/// [a, b] to a ⊙ f(b).
std::optional<Rows> gated(const NodeReader& node, const Rows& a, const Rows& b) {
  const std::int64_t half = a.width();
  if (a.stage != b.stage || a.offset != 0 || b.offset != half || b.width() != half || node.width_of(a) != 2 * half ||
      a.term != Terms::variable)
    return std::nullopt;
  for (const activation::Entry& entry : activation::table())
    if (entry.kind == activation::Kind::gated && is_activation(node.terms(), b.term, Activation(entry.wraps)))
      return node.push(a, infer::Along{Activation(entry)});
  return std::nullopt;
}

/// Of rows that come from different stages.
Rows across_stages(const NodeReader& node, std::string_view op, const Rows& a, const Rows& b) {
  if (op == "Mul") {
    if (const auto y = gated(node, a, b)) return *y;
    if (const auto y = gated(node, b, a)) return *y;
  }
  if (op == "Add" && a.shape == b.shape && a.offset == 0 && b.offset == 0) {
    const Rows x = node.settled_before(a), y = node.settled_before(b);
    if (x.term == Terms::variable)
      if (const auto sum = node.residual(x, node.settled(y))) return *sum;
    if (y.term == Terms::variable)
      if (const auto sum = node.residual(y, node.settled(x))) return *sum;
  }
  node.not_supported("it joins two branches");
}

/// Operands as terms of one stage's values.
Value applied(const NodeReader& node, const ElementOperator& op, const std::vector<double>& settings) {
  const Rows* first = nullptr;
  for (std::size_t i = 0; i < node.operands(); ++i)
    if (!first) first = std::get_if<Rows>(&node.value(i));
  if (!first) return joined(node, op, settings);
  Rows result = *first;
  bool as_they_are = true;
  for (std::size_t i = 0; i < node.operands(); ++i)
    if (const auto* rows = std::get_if<Rows>(&node.value(i))) as_they_are &= same_place(*rows, result);
  if (!as_they_are) result = node.settled_before(result);
  std::vector<int> operands;
  for (std::size_t i = 0; i < node.operands(); ++i) {
    if (const auto* array = std::get_if<Array>(&node.value(i))) {
      operands.push_back(node.terms().constant(node.along_row(*array, result)));
      continue;
    }
    const Rows rows = as_they_are ? node.rows(i) : node.settled_before(node.rows(i));
    if (!same_place(rows, result)) return across_stages(node, op.name, node.rows(0), node.rows(1));
    operands.push_back(rows.term);
  }
  result.term = node.terms().apply(op, std::move(operands), settings, node.name());
  return result;
}

/// Clip as Min(Max(x, low), high), either of which may be missing.
Value clipped(const NodeReader& node) {
  Rows rows = node.rows(0);
  const auto bound = [&](const char* name, std::size_t operand, const char* op) {
    if (!node.attribute(name) && !node.has(operand)) return;
    const double limit = node.attribute(name) ? node.number(name, 0) : node.number(operand);
    rows.term =
        node.terms().apply(*find_element_operator(op), {rows.term, node.terms().constant({limit})}, {}, node.name());
  };
  bound("min", 1, "Max");
  bound("max", 2, "Min");
  return rows;
}

}  // namespace

std::optional<Results> read_element_node(const NodeReader& node, std::string_view name) {
  if (name == "Clip") return Results{clipped(node)};
  if (name == "Sum") name = "Add";
  const bool is_tanh = name == "Gelu" && node.text("approximate", "none") == "tanh";
  const ElementOperator* op = find_element_operator(is_tanh ? "Gelu tanh" : name);
  if (!op) return std::nullopt;
  const bool of_any = (name == "Max" || name == "Min" || name == "Add") && node.operands() != 2;
  if (of_any) {
    if (node.operands() == 1) return Results{node.value(0)};
    node.not_supported("it takes two values");
  }
  node.require_fit(node.operands() == static_cast<std::size_t>(op->operands), "it has {} operands where it takes {}",
                   node.operands(), op->operands);
  std::vector<double> settings;
  for (const auto& [setting, otherwise] : op->settings) settings.push_back(node.number(setting, otherwise));
  return Results{applied(node, *op, settings)};
}

}  // namespace relume::onnx
