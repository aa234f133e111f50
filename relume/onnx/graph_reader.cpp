#include "relume/onnx/graph_reader.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "relume/base/require.h"
#include "relume/data/parse_json.h"
#include "relume/onnx/node_reader.h"
#include "relume/onnx/onnx.h"
#include "relume/onnx/recognise.h"

namespace relume::onnx {
namespace {

constexpr std::int64_t oldest_readable = 7;  // since then operands stretch to each other by themselves
constexpr std::int64_t newest_readable = newest_opset;

bool is_finite(const std::vector<float>& numbers) {
  return std::ranges::all_of(numbers, [](float x) { return std::isfinite(x); });
}

bool is_finite(const infer::FrozenLayer& layer) {
  if (const auto* dense = std::get_if<infer::Dense>(&layer)) return is_finite(dense->weight) && is_finite(dense->bias);
  if (const auto* scale = std::get_if<infer::Scale>(&layer))
    return is_finite(scale->center) && is_finite(scale->factor) && is_finite(scale->offset);
  if (const auto* slopes = std::get_if<infer::Slopes>(&layer)) return is_finite(slopes->slope);
  if (const auto* norm = std::get_if<infer::Normalise>(&layer))
    return is_finite(norm->factor) && is_finite(norm->offset) && std::isfinite(norm->epsilon) && norm->epsilon >= 0;
  return true;
}

/// The labels that save() has written.
std::vector<std::string> labels_in(const proto::Model& model) {
  for (const proto::Entry& entry : model.metadata_props())
    if (entry.key() == "labels") {
      try {
        return data::parse_json(entry.value()).get<std::vector<std::string>>();
      } catch (const nlohmann::json::exception&) {
        return {};  // somebody else's
      } catch (const InputError&) {
        return {};
      }
    }
  return {};
}

}  // namespace

std::int64_t Rows::width() const {
  std::int64_t width = 1;
  for (const std::int64_t n : shape) width *= n;
  return width;
}

GraphReader::GraphReader(const proto::Model& model, std::filesystem::path folder) : folder_(std::move(folder)) {
  read_opsets(model);
  read_constants(model.graph());
  read_input(model.graph());
  for (const proto::Node& node : model.graph().node()) read_node(node);
  for (const proto::ValueInfo& output : model.graph().output()) outputs_.push_back(output.name());
  if (labels_.empty()) labels_ = labels_in(model);
}

void GraphReader::read_opsets(const proto::Model& model) {
  for (const proto::OperatorSet& set : model.opset_import())
    opsets_[set.domain() == "ai.onnx" ? "" : set.domain()] = set.version();
  require<InputError>(opsets_.contains(""), "it names no opset; it is damaged");
  const std::int64_t opset = opsets_.at("");
  require<InputError>(opset >= oldest_readable && opset <= newest_readable,
                      "it is of opset {}, this relume reads {} to {}; export it with one of these", opset,
                      oldest_readable, newest_readable);
}

void GraphReader::define(const std::string& name, Value value) {
  require<InputError>(values_.emplace(name, std::move(value)).second, "the value {} is made twice; the file is damaged",
                      in_quotes(name));
}

const Value& GraphReader::value_of(const std::string& name, const std::string& node) const {
  const auto found = values_.find(name);
  require<InputError>(found != values_.end(),
                      "node {} takes {}, which nothing before it makes; the graph goes in a circle, or it is damaged",
                      node, in_quotes(name));
  return found->second;
}

void GraphReader::read_constants(const proto::Graph& graph) {
  for (const proto::Tensor& tensor : graph.initializer()) {
    Array array = array_of(tensor, folder_);
    constants_ += array.elements();
    define(tensor.name(), std::move(array));
  }
}

void GraphReader::read_input(const proto::Graph& graph) {
  std::vector<const proto::ValueInfo*> inputs;
  for (const proto::ValueInfo& input : graph.input())
    if (!values_.contains(input.name())) inputs.push_back(&input);
  require<InputError>(inputs.size() == 1, "it takes {} inputs; relume reads networks of one", inputs.size());
  const std::string name = in_quotes(inputs[0]->name());
  const proto::Type::TensorType& type = inputs[0]->type().tensor_type();
  require<InputError>(type.elem_type() != proto::Tensor::STRING && type.elem_type() != proto::Tensor::BOOL,
                      "its input {} is of texts or truths; relume reads networks of numbers", name);
  const auto& dimensions = type.shape().dim();
  require<InputError>(!dimensions.empty(), "its input {} has no dimension of rows", name);
  batch_ = dimensions[0].dim_value();
  constexpr std::int64_t most = 1 << 24;
  std::int64_t width = 1;
  for (int i = 1; i < dimensions.size(); ++i) {
    const std::int64_t n = dimensions[i].dim_value();
    require<InputError>(n > 0 && n <= most && width <= most / n,
                        "its input {} has {} values along dimension {}; relume reads rows of a fixed size", name,
                        dimensions[i].has_dim_value() ? std::to_string(n) : "any number of", i);
    input_shape_.push_back(n);
    width *= n;
  }
  stages_.push_back({-1, {}, width});
  check_width(width);
  define(inputs[0]->name(), Rows{0, Terms::variable, 0, input_shape_});
}

void GraphReader::read_node(const proto::Node& node) {
  const NodeReader reader(*this, node);
  Results results;
  std::string why;
  try {
    const std::string domain = node.domain() == "ai.onnx" ? "" : node.domain();
    const std::string op = domain == "ai.onnx.ml" ? "ml." + node.op_type() : node.op_type();
    const auto read = [&](const std::vector<NodeOperator>& operators) {
      const auto found = std::ranges::find(operators, op, &NodeOperator::name);
      if (found != operators.end()) results = found->read(reader);
      return found != operators.end();
    };
    for (std::size_t i = 0; i < reader.operands(); ++i)
      if (reader.has(i)) value_of(node.input(static_cast<int>(i)), reader.name());
    require<InputError>(opsets_.contains(domain), "node {} is of {}, of which the file names no version; it is damaged",
                        reader.name(), in_quotes(domain));
    const bool is_known = domain.empty() || domain == "ai.onnx.ml";
    const auto read_arithmetic = [&] {
      if (auto steps = read_moment_node(reader, op)) return *steps;
      return read_element_node(reader, op).value_or(Results());
    };
    if (is_known && !read(shape_operators) && !read(layer_operators) && domain.empty()) results = read_arithmetic();
    if (results.empty()) reader.not_supported();
  } catch (const NotSupported& reason) {
    why = reason.why;
  }
  for (int i = 0; i < node.output_size(); ++i) {
    if (node.output(i).empty()) continue;
    const auto at = static_cast<std::size_t>(i);
    const std::string missing =
        why.empty() ? fmt::format("output {} of node {} is not supported", i + 1, reader.name()) : why;
    define(node.output(i), at < results.size() ? std::move(results[at]) : Value(Unsupported{missing}));
  }
}

void GraphReader::check_width(std::int64_t width) const {
  constexpr std::int64_t usual = 4096, widening = 16;  // as of a model's file: a description alone allocates nothing
  require<InputError>(width <= usual + widening * constants_,
                      "rows have {} values where the file holds {}; it is damaged", width, constants_);
}

Rows GraphReader::push(int before, infer::FrozenLayer layer) {
  require<InputError>(is_finite(layer), "its weights are NaN or infinite; the training failed, or the file is damaged");
  const std::int64_t width = infer::features_out(layer, width_of(before));
  check_width(width);
  stages_.push_back({before, {std::make_shared<infer::FrozenLayer>(std::move(layer))}, width});
  return {static_cast<int>(stages_.size()) - 1, Terms::variable, 0, {width}};
}

Rows GraphReader::settled_before(const Rows& rows) const {
  Rows result = rows;
  if (const auto known = settled_.find({rows.stage, rows.term}); known != settled_.end())
    result.stage = known->second, result.term = Terms::variable;
  return result;
}

Rows GraphReader::settled(const Rows& rows) {
  Rows result = settled_before(rows);
  const std::string part = "a part of a row goes a way of its own, which is not supported";
  if (rows.offset != 0 || rows.width() != width_of(rows.stage)) throw NotSupported{part};
  if (result.term == Terms::variable) return result;
  int stage = rows.stage;
  try {
    for (auto& [place, layer] : layers_of(terms_, rows.term, rows.width())) {
      stage = push(stage, std::move(layer)).stage;
      settled_[{rows.stage, place}] = stage;
    }
  } catch (const InputError& error) {
    throw NotSupported{error.what()};
  }
  result.stage = stage;
  result.term = Terms::variable;
  return result;
}

bool GraphReader::collect(int from, int to, std::vector<Layer>& layers) const {
  std::vector<int> way;
  for (; to > from; to = stages_[static_cast<std::size_t>(to)].before) way.push_back(to);
  if (to != from) return false;
  for (; !way.empty(); way.pop_back()) {
    const std::vector<Layer>& some = stages_[static_cast<std::size_t>(way.back())].layers;
    layers.insert(layers.end(), some.begin(), some.end());
  }
  return true;
}

std::vector<infer::FrozenLayer> GraphReader::layers() {
  std::string why = "it has no output";
  for (const std::string& name : outputs_) {
    const Value& value = value_of(name, "the output");
    if (const auto* unsupported = std::get_if<Unsupported>(&value)) why = unsupported->why;
    const auto* rows = std::get_if<Rows>(&value);
    if (std::holds_alternative<Array>(value)) why = fmt::format("its output {} is a constant", in_quotes(name));
    if (!rows) continue;
    try {
      const Rows last = settled(*rows);
      std::vector<Layer> shared;
      collect(0, last.stage, shared);
      std::vector<infer::FrozenLayer> all;
      for (const Layer& layer : shared) all.push_back(*layer);
      return all;
    } catch (const NotSupported& reason) {
      why = reason.why;
    }
  }
  fail<InputError>("{}", why);
}

}  // namespace relume::onnx
