// Nodes that are layers: matrices, normalisations, softmax.
#include <algorithm>
#include <cmath>

#include "relume/onnx/node_reader.h"

namespace relume::onnx {
namespace {

using Numbers = std::vector<double>;

std::vector<float> floats(const Numbers& numbers) {
  std::vector<float> all;
  for (const double x : numbers) all.push_back(static_cast<float>(x));
  return all;
}

/// x W + b for W [inputs, outputs], or its transpose.
Rows multiplied(const NodeReader& node, const Array& weight, bool is_transposed, double factor, Numbers bias) {
  const Rows x = node.settled(node.rows(0));
  if (x.shape.size() != 1) node.not_supported("it multiplies along a dimension of several");
  if (weight.dimensions() != 2 || weight.is_shape) node.not_supported("its matrix has another number of dimensions");
  const std::int64_t inputs = weight.shape[is_transposed ? 1 : 0], outputs = weight.shape[is_transposed ? 0 : 1];
  node.require_fit(inputs == x.width(), "its matrix takes {} values, the rows have {}", inputs, x.width());
  node.require_fit(outputs > 0, "its matrix is empty");
  infer::Dense dense{inputs, outputs, std::vector<float>(weight.numbers.size()), {}};
  for (std::int64_t j = 0; j < outputs; ++j)
    for (std::int64_t i = 0; i < inputs; ++i) {
      const double w = weight.numbers[static_cast<std::size_t>(is_transposed ? j * inputs + i : i * outputs + j)];
      dense.weight[static_cast<std::size_t>(j * inputs + i)] = static_cast<float>(w * factor);
    }
  if (bias.size() == 1) bias.resize(static_cast<std::size_t>(outputs), bias[0]);
  dense.bias = floats(bias);
  return node.push(x, std::move(dense));
}

Results gemm(const NodeReader& node) {
  if (node.integer("transA", 0) != 0) node.not_supported("it turns the rows around");
  const Array& weight = node.constant(1);
  const bool is_transposed = node.integer("transB", 0) != 0;
  Numbers bias{0};
  if (node.has(2)) {
    const Array& c = node.constant(2);
    const Rows y{.shape = {weight.dimensions() == 2 ? weight.shape[is_transposed ? 0 : 1] : 0}};
    bias = node.along_row(c, y);
    for (double& b : bias) b *= node.number("beta", 1);
  }
  return {multiplied(node, weight, is_transposed, node.number("alpha", 1), bias)};
}

Results matmul(const NodeReader& node) { return {multiplied(node, node.constant(1), false, 1, {0})}; }

/// A number for each of so many channels, for each of the values in them.
Numbers per_value(const NodeReader& node, const Numbers& numbers, const Rows& rows, std::size_t channels) {
  const auto width = static_cast<std::size_t>(rows.width());
  node.require_fit(numbers.size() == channels && channels > 0 && width % channels == 0,
                   "it has {} numbers for {} channels of {} values", numbers.size(), channels, width);
  Numbers all;
  for (const double x : numbers) all.insert(all.end(), width / channels, x);
  return all;
}

/// ((x − a) · b) + c, as a term.
Rows scaled(const NodeReader& node, Rows rows, const Numbers& a, const Numbers& b, const Numbers& c) {
  const auto apply = [&](const char* op, const Numbers& numbers) {
    rows.term =
        node.terms().apply(*find_element_operator(op), {rows.term, node.terms().constant(numbers)}, {}, node.name());
  };
  apply("Sub", a);
  apply("Mul", b);
  apply("Add", c);
  return rows;
}

Results batch_normalization(const NodeReader& node) {
  if (node.integer("training_mode", 0) != 0) node.not_supported("it is in training");
  const Rows& rows = node.rows(0);
  if (rows.shape.empty()) node.not_supported("its rows have no channels");
  Numbers parts[4];
  for (std::size_t i = 0; i < 4; ++i)
    parts[i] = per_value(node, node.constant(i + 1).numbers, rows, static_cast<std::size_t>(rows.shape[0]));
  const double epsilon = node.number("epsilon", 1e-5);
  for (std::size_t i = 0; i < parts[0].size(); ++i) parts[0][i] /= std::sqrt(parts[3][i] + epsilon);
  return {scaled(node, rows, parts[2], parts[0], parts[1])};
}

Rows normalised(const NodeReader& node, std::int64_t groups, const Numbers& factor, const Numbers& offset) {
  const Rows x = node.settled(node.rows(0));
  node.require_fit(groups > 0 && x.width() % groups == 0, "{} values make no {} groups", x.width(), groups);
  const double epsilon = std::stod(fmt::format("{}", static_cast<float>(node.number("epsilon", 1e-5))));
  Rows y = node.push(x, infer::Normalise{groups, epsilon, floats(factor), floats(offset)});
  y.shape = x.shape;
  return y;
}

Results layer_normalization(const NodeReader& node) {
  const Rows& rows = node.rows(0);
  const auto dimensions = std::ssize(rows.shape) + 1;
  std::int64_t axis = node.integer("axis", -1);
  if (axis < 0) axis += dimensions;
  if (axis < 1 || axis >= dimensions) node.not_supported("it goes along the rows");
  std::int64_t groups = 1;
  for (std::int64_t k = 1; k < axis; ++k) groups *= rows.shape[static_cast<std::size_t>(k - 1)];
  const auto width = static_cast<std::size_t>(rows.width());
  const auto values = [&](std::size_t operand, double otherwise) {
    Numbers all = node.has(operand) ? node.along_row(node.constant(operand), rows) : Numbers{otherwise};
    if (all.size() == 1) all.resize(width, all[0]);
    return all;
  };
  return {normalised(node, groups, values(1, 1), values(2, 0))};
}

Results instance_normalization(const NodeReader& node) {
  const Rows& rows = node.rows(0);
  if (rows.shape.size() < 2) node.not_supported("it normalises single values");
  const auto channels = static_cast<std::size_t>(rows.shape[0]);
  return {normalised(node, rows.shape[0], per_value(node, node.constant(1).numbers, rows, channels),
                     per_value(node, node.constant(2).numbers, rows, channels))};
}

Results group_normalization(const NodeReader& node) {
  const Rows& rows = node.rows(0);
  if (rows.shape.empty()) node.not_supported("its rows have no channels");
  const std::int64_t groups = node.integer("num_groups", 0);
  // Opset 18 had a factor for each group, 21 for each channel.
  const auto count = static_cast<std::size_t>(node.opset() < 21 ? groups : rows.shape[0]);
  return {normalised(node, groups, per_value(node, node.constant(1).numbers, rows, count),
                     per_value(node, node.constant(2).numbers, rows, count))};
}

Results along(const NodeReader& node, const char* activation) {
  const Rows x = node.settled(node.rows(0));
  const bool is_flat = node.opset() < 13;
  const std::int64_t dimensions = std::ssize(x.shape) + 1;
  std::int64_t axis = node.integer("axis", is_flat ? 1 : -1);
  if (axis < 0) axis += dimensions;
  if (axis != 1 || (dimensions != 2 && !is_flat)) node.not_supported("it goes along another dimension than a row's");
  Rows y = node.push(x, infer::Along{Activation(activation)});
  y.shape = x.shape;
  return {y};
}

Results softmax(const NodeReader& node) { return along(node, "softmax"); }
Results log_softmax(const NodeReader& node) { return along(node, "log_softmax"); }

/// (x − offset) · scale of ai.onnx.ml.
Results scaler(const NodeReader& node) {
  const Rows& rows = node.rows(0);
  if (rows.shape.size() != 1) node.not_supported();
  const auto values = [&](const char* name, double otherwise) {
    Numbers all = node.numbers(name);
    if (all.empty()) all = {otherwise};
    node.require_fit(all.size() == 1 || std::ssize(all) == rows.width(), "its {} has {} numbers, a row {}", name,
                     all.size(), rows.width());
    return all;
  };
  return {scaled(node, rows, values("offset", 0), values("scale", 1), {0})};
}

}  // namespace

const std::vector<NodeOperator> layer_operators = {
    {"BatchNormalization", batch_normalization},
    {"Gemm", gemm},
    {"GroupNormalization", group_normalization},
    {"InstanceNormalization", instance_normalization},
    {"LayerNormalization", layer_normalization},
    {"LogSoftmax", log_softmax},
    {"MatMul", matmul},
    {"Softmax", softmax},
    {"ml.Scaler", scaler},
};

}  // namespace relume::onnx
