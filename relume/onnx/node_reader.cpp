#include "relume/onnx/node_reader.h"

#include <algorithm>
#include <cmath>

namespace relume::onnx {

std::string NodeReader::name() const {
  const std::string& known = !node_.name().empty() ? node_.name()
                             : node_.output_size() ? node_.output(0)
                                                   : node_.name();
  return fmt::format("{} ({})", in_quotes(known), shown(node_.op_type()));
}

std::int64_t NodeReader::opset() const {
  const auto found = graph_.opsets_.find(node_.domain() == "ai.onnx" ? "" : node_.domain());
  return found == graph_.opsets_.end() ? 0 : found->second;
}

void NodeReader::not_supported(std::string_view what) const {
  throw NotSupported{fmt::format("node {} is not supported{}{}", name(), what.empty() ? "" : ": ", what)};
}

const Value& NodeReader::value(std::size_t i) const {
  require_fit(has(i), "its operand {} is missing; the file is damaged", i + 1);
  const Value& value = graph_.value_of(node_.input(static_cast<int>(i)), name());
  if (const auto* unsupported = std::get_if<Unsupported>(&value)) throw NotSupported{unsupported->why};
  return value;
}

const Array& NodeReader::constant(std::size_t i) const {
  const auto* array = std::get_if<Array>(&value(i));
  if (!array) not_supported(fmt::format("its operand {} is no constant", i + 1));
  return *array;
}

const Rows& NodeReader::rows(std::size_t i) const {
  const auto* rows = std::get_if<Rows>(&value(i));
  if (!rows)
    not_supported(is_constant(i) ? "it makes something of constants alone"
                                 : "it takes a mean otherwise than a norm does");
  return *rows;
}

double NodeReader::number(std::size_t i) const {
  const Array& array = constant(i);
  require_fit(array.elements() == 1, "its operand {} holds {} numbers where it takes one", i + 1, array.elements());
  return array.numbers[0];
}

namespace {

std::int64_t whole(double number) {
  constexpr double most = 9e18;  // slices end there
  return static_cast<std::int64_t>(std::clamp(std::isnan(number) ? 0 : number, -most, most));
}

}  // namespace

std::vector<std::int64_t> NodeReader::integers(std::size_t i) const {
  std::vector<std::int64_t> all;
  for (const double number : constant(i).numbers) all.push_back(whole(number));
  return all;
}

const proto::Attribute* NodeReader::attribute(std::string_view name) const {
  const auto found = std::ranges::find(node_.attribute(), name, &proto::Attribute::name);
  return found == node_.attribute().end() ? nullptr : &*found;
}

std::int64_t NodeReader::integer(std::string_view name, std::int64_t otherwise) const {
  const proto::Attribute* a = attribute(name);
  return a ? a->i() : otherwise;
}

double NodeReader::number(std::string_view name, double otherwise) const {
  const proto::Attribute* a = attribute(name);
  return a ? static_cast<double>(a->f()) : otherwise;
}

std::string NodeReader::text(std::string_view name, std::string_view otherwise) const {
  const proto::Attribute* a = attribute(name);
  return a ? a->s() : std::string(otherwise);
}

std::vector<std::int64_t> NodeReader::integers(std::string_view name) const {
  const proto::Attribute* a = attribute(name);
  return a ? std::vector<std::int64_t>(a->ints().begin(), a->ints().end()) : std::vector<std::int64_t>();
}

std::vector<double> NodeReader::numbers(std::string_view name) const {
  const proto::Attribute* a = attribute(name);
  return a ? std::vector<double>(a->floats().begin(), a->floats().end()) : std::vector<double>();
}

std::vector<std::string> NodeReader::texts(std::string_view name) const {
  const proto::Attribute* a = attribute(name);
  return a ? std::vector<std::string>(a->strings().begin(), a->strings().end()) : std::vector<std::string>();
}

std::optional<std::vector<std::int64_t>> NodeReader::integers(std::string_view name, std::size_t operand) const {
  if (attribute(name)) return integers(name);
  if (has(operand)) return integers(operand);
  return std::nullopt;
}

std::vector<double> NodeReader::along_row(const Array& array, const Rows& rows) const {
  if (array.is_shape || array.numbers.empty()) not_supported("it joins a shape with rows");
  if (array.elements() == 1) {
    if (array.dimensions() > static_cast<std::int64_t>(rows.shape.size()) + 1) not_supported("it adds a dimension");
    return array.numbers;
  }
  // The shapes stand together at their ends; the rows' first dimension is theirs alone.
  std::vector<std::int64_t> whole_shape{1};
  whole_shape.insert(whole_shape.end(), rows.shape.begin(), rows.shape.end());
  std::vector<std::int64_t> shape = array.shape;
  if (shape.size() > whole_shape.size()) not_supported("it adds a dimension");
  shape.insert(shape.begin(), whole_shape.size() - shape.size(), 1);
  for (std::size_t k = 0; k < shape.size(); ++k)
    if (shape[k] != 1 && shape[k] != whole_shape[k])
      not_supported(k == 0 ? "its constant differs from row to row" : "its constant does not fit a row");
  std::vector<double> values(static_cast<std::size_t>(rows.width()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::size_t rest = i, from = 0, step = 1;
    for (std::size_t k = shape.size(); k-- > 0;) {
      const auto n = static_cast<std::size_t>(whole_shape[k]);
      if (shape[k] != 1) from += rest % n * step, step *= n;
      rest /= n;
    }
    values[i] = array.numbers[from];
  }
  return values;
}

Rows NodeReader::push(const Rows& before, infer::FrozenLayer layer) const {
  try {
    return graph_.push(before.stage, std::move(layer));
  } catch (const InputError& error) {
    fail<InputError>("node {}: {}", name(), error.what());
  }
}

std::optional<Rows> NodeReader::residual(const Rows& x, const Rows& y) const {
  std::vector<GraphReader::Layer> layers{std::make_shared<infer::FrozenLayer>(infer::BeginResidual())};
  if (!graph_.collect(x.stage, y.stage, layers)) return std::nullopt;
  layers.push_back(std::make_shared<infer::FrozenLayer>(infer::EndResidual()));
  graph_.stages_.push_back({x.stage, std::move(layers), width_of(x)});
  return Rows{static_cast<int>(graph_.stages_.size()) - 1, Terms::variable, 0, y.shape};
}

void NodeReader::tell_labels(const Array& labels) const {
  graph_.labels_ = labels.texts;
  for (const double number : labels.numbers) graph_.labels_.push_back(fmt::format("{}", number));
}

}  // namespace relume::onnx
