// Private. One node of a graph while its operator is read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relume/base/require.h"
#include "relume/onnx/graph_reader.h"

namespace relume::onnx {

/// Thrown where a node does what is not supported; its outputs are Unsupported then.
struct NotSupported {
  std::string why;
};

class NodeReader {
 public:
  NodeReader(GraphReader& graph, const proto::Node& node) : graph_(graph), node_(node) {}

  GraphReader& graph() const { return graph_; }
  Terms& terms() const { return graph_.terms_; }
  /// "'fc1' (Gemm)", for messages.
  std::string name() const;
  /// Of its domain; 0 where the file does not say.
  std::int64_t opset() const;

  std::size_t operands() const { return static_cast<std::size_t>(node_.input_size()); }
  std::size_t results() const { return static_cast<std::size_t>(node_.output_size()); }
  bool has(std::size_t i) const { return i < operands() && !node_.input(static_cast<int>(i)).empty(); }
  /// Throws NotSupported where that is Unsupported.
  const Value& value(std::size_t i) const;
  /// Throws NotSupported where it is no constant, or no rows.
  const Array& constant(std::size_t i) const;
  const Rows& rows(std::size_t i) const;
  bool is_constant(std::size_t i) const { return std::holds_alternative<Array>(value(i)); }
  /// A constant's one number.
  double number(std::size_t i) const;
  std::vector<std::int64_t> integers(std::size_t i) const;

  const proto::Attribute* attribute(std::string_view name) const;
  std::int64_t integer(std::string_view name, std::int64_t otherwise) const;
  double number(std::string_view name, double otherwise) const;
  std::string text(std::string_view name, std::string_view otherwise) const;
  std::vector<std::int64_t> integers(std::string_view name) const;
  std::vector<double> numbers(std::string_view name) const;
  std::vector<std::string> texts(std::string_view name) const;
  /// What was an attribute and is an operand from some opset on.
  std::optional<std::vector<std::int64_t>> integers(std::string_view name, std::size_t operand) const;

  [[noreturn]] void not_supported(std::string_view what = {}) const;
  template <class... Args>
  void require_fit(bool fits, fmt::format_string<Args...> text, Args&&... args) const {
    if (!fits) fail<InputError>("node {}: {}", name(), fmt::format(text, std::forward<Args>(args)...));
  }

  /// One value for each of a row's, or one for all, of a constant that is added to rows and the like.
  std::vector<double> along_row(const Array& array, const Rows& rows) const;
  Rows settled(const Rows& rows) const { return graph_.settled(rows); }
  Rows settled_before(const Rows& rows) const { return graph_.settled_before(rows); }
  Rows push(const Rows& before, infer::FrozenLayer layer) const;
  /// x + f(x); nothing where `x` does not come before `y`.
  std::optional<Rows> residual(const Rows& x, const Rows& y) const;
  std::int64_t width_of(const Rows& rows) const { return graph_.width_of(rows.stage); }
  std::int64_t batch() const { return graph_.batch_; }
  const std::filesystem::path& folder() const { return graph_.folder_; }
  void tell_labels(const Array& labels) const;

 private:
  GraphReader& graph_;
  const proto::Node& node_;
};

/// What a node gives, output by output; those that are missing are not supported.
using Results = std::vector<Value>;

struct NodeOperator {
  std::string_view name;  ///< those of ai.onnx.ml begin with "ml."
  Results (*read)(const NodeReader& node);
};

/// Arithmetic and activations, value by value; nothing where the operator is none of them.
std::optional<Results> read_element_node(const NodeReader& node, std::string_view op);

/// A step of a normalisation that is written out in arithmetic; nothing where it is none.
std::optional<Results> read_moment_node(const NodeReader& node, std::string_view op);

extern const std::vector<NodeOperator> shape_operators;
extern const std::vector<NodeOperator> layer_operators;

}  // namespace relume::onnx
