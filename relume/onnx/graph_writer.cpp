#include "relume/onnx/graph_writer.h"

#include <algorithm>
#include <bit>

#include <fmt/core.h>

namespace relume::onnx {
namespace {

static_assert(std::endian::native == std::endian::little, "ONNX files are little-endian");

constexpr std::string_view ml_domain = "ai.onnx.ml";
constexpr std::int64_t ml_opset = 2;

/// The oldest version of the format that may hold the opset.
std::int64_t format_version(int opset) {
  constexpr std::pair<int, int> first_opset_and_version[] = {{15, 8}, {12, 7}, {11, 6}, {10, 5}, {9, 4}};
  for (const auto& [first, version] : first_opset_and_version)
    if (opset >= first) return version;
  return 3;
}

struct SetAttribute {
  proto::Attribute& attribute;

  void operator()(std::int64_t i) const {
    attribute.set_type(proto::Attribute::INT);
    attribute.set_i(i);
  }
  void operator()(float f) const {
    attribute.set_type(proto::Attribute::FLOAT);
    attribute.set_f(f);
  }
  void operator()(const std::string& s) const {
    attribute.set_type(proto::Attribute::STRING);
    attribute.set_s(s);
  }
  void operator()(const std::vector<std::int64_t>& ints) const {
    attribute.set_type(proto::Attribute::INTS);
    for (const std::int64_t i : ints) attribute.add_ints(i);
  }
  void operator()(const std::vector<std::string>& strings) const {
    attribute.set_type(proto::Attribute::STRINGS);
    for (const std::string& s : strings) attribute.add_strings(s);
  }
};

template <class T>
void set_raw(proto::Tensor& tensor, proto::Tensor::DataType type, const std::vector<T>& values,
             const std::vector<std::int64_t>& shape) {
  tensor.set_data_type(type);
  for (const std::int64_t n : shape) tensor.add_dims(n);
  tensor.set_raw_data(values.data(), values.size() * sizeof(T));
}

/// The names, or numbers as text, with blanks between them.
template <class T>
std::string listed(const std::vector<T>& values) {
  std::string text;
  for (const T& value : values) text += fmt::format("{} ", value);
  return text;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

}  // namespace

Name GraphWriter::unused(const std::string& wanted) {
  Name name = wanted;
  for (int& count = counts_[wanted]; name.empty() || !taken_.insert(name).second;)
    name = fmt::format("{}_{}", wanted, ++count);
  return name;
}

void GraphWriter::add_info(proto::ValueInfo& info, const Name& name, proto::Tensor::DataType type,
                           const std::vector<std::int64_t>& row) {
  info.set_name(name);
  proto::Type::TensorType& tensor = *info.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  tensor.mutable_shape()->add_dim()->set_dim_param("N");
  for (const std::int64_t n : row) tensor.mutable_shape()->add_dim()->set_dim_value(n);
}

Name GraphWriter::input(const std::string& wanted, proto::Tensor::DataType type, const std::vector<std::int64_t>& row) {
  Name name = unused(wanted.empty() ? "column" : wanted);
  add_info(*model_.mutable_graph()->add_input(), name, type, row);
  return name;
}

Name GraphWriter::output(const Name& value, const std::string& wanted, proto::Tensor::DataType type,
                         const std::vector<std::int64_t>& row) {
  proto::Graph& graph = *model_.mutable_graph();
  Name from = value;
  const auto made_by_node = [&](const proto::Node& node) { return std::ranges::count(node.output(), from) > 0; };
  if (std::ranges::none_of(graph.node(), made_by_node))
    from = add_node("Identity", {value}, {}, "", {unused("identity")});
  Name name = unused(wanted);
  for (proto::Node& node : *graph.mutable_node()) {
    std::ranges::replace(*node.mutable_input(), from, name);
    std::ranges::replace(*node.mutable_output(), from, name);
  }
  for (auto& [key, known] : known_)
    if (known == from) known = name;
  add_info(*graph.add_output(), name, type, row);
  return name;
}

Name GraphWriter::stored(proto::Tensor& tensor, const std::string& key) {
  const auto [place, is_new] = known_.emplace(key, "");
  if (is_new) {
    place->second = unused("constant");
    tensor.set_name(place->second);
    *model_.mutable_graph()->add_initializer() = std::move(tensor);
  }
  return place->second;
}

Name GraphWriter::constant(const std::vector<float>& values, const std::vector<std::int64_t>& shape) {
  proto::Tensor tensor;
  set_raw(tensor, proto::Tensor::FLOAT, values, shape);
  // Weights are their own: what they are is no key.
  return stored(tensor, fmt::format("weight {}", model_.graph().initializer_size()));
}

Name GraphWriter::constant(const std::vector<std::int64_t>& values) {
  proto::Tensor tensor;
  set_raw(tensor, proto::Tensor::INT64, values, {std::ssize(values)});
  return stored(tensor, fmt::format("integers {}", listed(values)));
}

Name GraphWriter::constant(const std::vector<std::string>& texts) {
  proto::Tensor tensor;
  tensor.set_data_type(proto::Tensor::STRING);
  tensor.add_dims(std::ssize(texts));
  for (const std::string& text : texts) tensor.add_string_data(text);
  return stored(tensor, fmt::format("texts {}", model_.graph().initializer_size()));
}

Name GraphWriter::scalar(double value, proto::Tensor::DataType type) {
  proto::Tensor tensor;
  if (type == proto::Tensor::DOUBLE)
    set_raw(tensor, type, std::vector<double>{value}, {});
  else
    set_raw(tensor, type, std::vector<float>{static_cast<float>(value)}, {});
  return stored(tensor, fmt::format("scalar {} {}", static_cast<int>(type), tensor.raw_data()));
}

Name GraphWriter::add_node(std::string_view op, const std::vector<Name>& inputs, const Attributes& attributes,
                           std::string_view domain, std::vector<Name> outputs) {
  proto::Node& node = *model_.mutable_graph()->add_node();
  node.set_op_type(std::string(op));
  node.set_name(outputs.front());
  if (!domain.empty()) node.set_domain(std::string(domain));
  uses_ml_ |= domain == ml_domain;
  for (const Name& name : inputs) node.add_input(name);
  for (const Name& name : outputs) node.add_output(name);
  for (const auto& [name, setting] : attributes) {
    proto::Attribute& attribute = *node.add_attribute();
    attribute.set_name(name);
    std::visit(SetAttribute{attribute}, setting);
  }
  return outputs.front();
}

Name GraphWriter::add(std::string_view op, const std::vector<Name>& inputs, const Attributes& attributes,
                      std::string_view domain) {
  proto::Node unnamed;
  for (const auto& [name, setting] : attributes) {
    proto::Attribute& attribute = *unnamed.add_attribute();
    attribute.set_name(name);
    std::visit(SetAttribute{attribute}, setting);
  }
  const std::string key = fmt::format("node {} {} {}", op, listed(inputs), unnamed.SerializeAsString());
  const auto [place, is_new] = known_.emplace(key, "");
  if (is_new) place->second = add_node(op, inputs, attributes, domain, {unused(lower(op))});
  return place->second;
}

Name GraphWriter::clip(const Name& x, double low, double high) {
  if (opset_ >= 11) return add("Clip", {x, scalar(low), scalar(high)});
  return add("Clip", {x}, {{"min", static_cast<float>(low)}, {"max", static_cast<float>(high)}});
}

Name GraphWriter::reshape(const Name& x, const std::vector<std::int64_t>& shape) {
  return add("Reshape", {x, constant(shape)});
}

std::pair<Name, Name> GraphWriter::halves(const Name& x, std::int64_t width) {
  const std::vector<std::int64_t> sizes{width / 2, width / 2};
  const Name first = unused("split"), second = unused("split");
  if (opset_ >= 13)
    add_node("Split", {x, constant(sizes)}, {{"axis", std::int64_t{1}}}, "", {first, second});
  else
    add_node("Split", {x}, {{"axis", std::int64_t{1}}, {"split", sizes}}, "", {first, second});
  return {first, second};
}

Name GraphWriter::less_or_equal(const Name& a, const Name& b) {
  if (opset_ >= 12) return add("LessOrEqual", {a, b});
  return add("Not", {add("Or", {add("Greater", {a, b}), add("Or", {add("IsNaN", {a}), add("IsNaN", {b})})})});
}

Name GraphWriter::equal(const Name& a, const Name& b) {
  if (opset_ >= 11) return add("Equal", {a, b});
  return add("And", {less_or_equal(a, b), less_or_equal(b, a)});
}

void GraphWriter::describe(const std::string& key, const std::string& value) {
  proto::Entry& entry = *model_.add_metadata_props();
  entry.set_key(key);
  entry.set_value(value);
}

const proto::Model& GraphWriter::finish(const std::string& version) {
  model_.set_ir_version(format_version(opset_));
  model_.set_producer_name("relume");
  model_.set_producer_version(version);
  model_.mutable_graph()->set_name("network");
  const auto import = [&](std::string_view domain, std::int64_t opset) {
    proto::OperatorSet& set = *model_.add_opset_import();
    set.set_domain(std::string(domain));
    set.set_version(opset);
  };
  import("", opset_);
  if (uses_ml_) import(ml_domain, ml_opset);
  return model_;
}

}  // namespace relume::onnx
