#include "relume/onnx/activation_nodes.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "relume/activation/family.h"
#include "relume/activation/loops.h"
#include "relume/base/parse.h"
#include "relume/base/require.h"
#include "relume/onnx/formula_lane.h"

namespace relume::onnx {
namespace {

using activation::Kind;

/// What Info::onnx says: "Elu@9(alpha=alpha)".
struct Operator {
  std::string_view name;
  double since = 9;
  std::vector<std::pair<std::string_view, std::string_view>> attributes;
};

/// The text before the first of `mark`, which it leaves with what stands behind.
std::string_view cut(std::string_view& text, char mark) {
  const std::size_t at = std::min(text.find(mark), text.size());
  const std::string_view before = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return before;
}

Operator operator_of(std::string_view text) {
  Operator op;
  std::string_view head = cut(text, '(');
  op.name = cut(head, '@');
  if (!head.empty()) parse(std::string(head), op.since);
  for (std::string_view rest = cut(text, ')'); !rest.empty();) {
    std::string_view attribute = cut(rest, ',');
    const std::string_view name = cut(attribute, '=');
    op.attributes.emplace_back(name, attribute);
  }
  return op;
}

/// A parameter's value or a number; nothing for a word.
std::optional<double> number_of(const Activation& f, std::string_view text) {
  const auto& parameters = f.entry().parameters;
  if (std::ranges::count(parameters, text, &activation::Param::name)) return f.parameter(text);
  double value = 0;
  return parse(std::string(text), value) ? std::optional(value) : std::nullopt;
}

bool has_defaults(const Activation& f) { return f == Activation(f.entry()); }

/// The operator's node; nothing where this opset has none, or none for these parameters.
std::optional<Name> write_operator(GraphWriter& graph, const Activation& f, const Name& x) {
  const Operator op = operator_of(f.entry().info.onnx);
  if (op.name.empty() || graph.opset() < op.since || (op.attributes.empty() && !has_defaults(f))) return std::nullopt;
  GraphWriter::Attributes attributes;
  std::vector<double> numbers;
  for (const auto& [name, text] : op.attributes) {
    const std::optional<double> number = number_of(f, text);
    if (number)
      attributes.emplace_back(name, static_cast<float>(*number)), numbers.push_back(*number);
    else
      attributes.emplace_back(name, std::string(text));
  }
  if (op.name == "Clip") return graph.clip(x, numbers.at(0), numbers.at(1));
  if (f.entry().kind == Kind::rows) attributes.emplace_back("axis", std::int64_t{1});
  return graph.add(op.name, {x}, attributes);
}

template <class S>
Name formula_of(GraphWriter& graph, const double* parameters, const Name& x) {
  if constexpr (activation::kind_of<S> == Kind::elementwise)
    return activation::with_parameters<S>(parameters).forward(FormulaLane(graph, x)).name_in(graph);
  return {};
}

template <class... S>
Name write_formula(TypeList<S...>, GraphWriter& graph, const Activation& f, const Name& x) {
  struct Formula {
    std::string_view name;
    Name (*write)(GraphWriter& graph, const double* parameters, const Name& x);
  };
  static constexpr std::array formulas{Formula{S::info.name, formula_of<S>}...};
  const auto* formula = std::ranges::find(formulas, f.name(), &Formula::name);
  const bool is_ours = activation::find(f.name()) == &f.entry() && formula != formulas.end();
  Name name = is_ours ? formula->write(graph, f.parameters(), x) : "";
  require<InputError>(!name.empty(), "export: {} has no formula in ONNX; export takes relume's own activations",
                      f.name());
  return name;
}

}  // namespace

Name write_activation(GraphWriter& graph, const Activation& f, const Name& x, std::int64_t width) {
  const activation::Entry& entry = f.entry();
  if (entry.kind == Kind::gated) {
    const auto [a, b] = graph.halves(x, width);
    return graph.add("Mul", {a, write_activation(graph, Activation(entry.wraps), b, width / 2)});
  }
  if (entry.kind == Kind::concatenated) {
    const Activation inner(entry.wraps);
    return graph.add(
        "Concat",
        {write_activation(graph, inner, x, width), write_activation(graph, inner, graph.add("Neg", {x}), width)},
        {{"axis", std::int64_t{1}}});
  }
  if (auto node = write_operator(graph, f, x)) return *node;
  return write_formula(activation::Family(), graph, f, x);
}

}  // namespace relume::onnx
