#include "relume/onnx/column_nodes.h"

#include <algorithm>
#include <array>

#include "relume/data/column_features.h"

namespace relume::onnx {
namespace {

using Type = proto::Tensor;

/// f(x) of a skewed column, in double: sign(u) log(1 + |u|) with u = (x − center) / unit.
Name write_squeezed(GraphWriter& graph, const data::ColumnPlan& column, const Name& x) {
  const auto number = [&](double value) { return graph.scalar(value, Type::DOUBLE); };
  const Name u = graph.add("Div", {graph.add("Sub", {x, number(column.center)}), number(column.unit)});
  const Name size = graph.add("Log", {graph.add("Add", {graph.add("Abs", {u}), number(1)})});
  return graph.add("Mul", {graph.add("Sign", {u}), size});
}

void write_number(GraphWriter& graph, const data::ColumnPlan& column, const Name& x, std::vector<Name>& features) {
  const auto number = [&](double value) { return graph.scalar(value, Type::DOUBLE); };
  Name value = graph.add("Cast", {x}, {{"to", std::int64_t{Type::DOUBLE}}});
  if (column.logarithmic) value = write_squeezed(graph, column, value);
  value = graph.add("Div", {graph.add("Sub", {value, number(column.mean)}), number(column.deviation)});
  value = graph.add("Cast", {value}, {{"to", std::int64_t{Type::FLOAT}}});
  value = graph.clip(value, -data::Preprocessor::limit, data::Preprocessor::limit);
  const Name missing = graph.add("IsNaN", {x});
  const float median = data::standardise(column, column.median);
  features.push_back(graph.add("Where", {missing, graph.scalar(static_cast<double>(median)), value}));
  if (column.flags_missing) features.push_back(graph.add("Cast", {missing}, {{"to", std::int64_t{Type::FLOAT}}}));
}

/// Where the categories are the two truths, other programs write them in their own ways.
void add_truths(const std::vector<std::string>& categories, std::vector<std::string>& texts,
                std::vector<std::int64_t>& places) {
  static constexpr std::array<std::array<const char*, 4>, 2> truths{
      {{"1", "True", "true", "TRUE"}, {"0", "False", "false", "FALSE"}}};
  const auto kind_of = [](const std::string& text) {
    for (std::size_t kind = 0; kind < 2; ++kind)
      if (std::ranges::count(truths[kind], text)) return static_cast<int>(kind);
    return -1;
  };
  if (categories.size() != 2 || kind_of(categories[0]) < 0 || kind_of(categories[0]) + kind_of(categories[1]) != 1)
    return;
  for (std::int64_t place = 0; place < 2; ++place)
    for (const char* text : truths[static_cast<std::size_t>(kind_of(categories[static_cast<std::size_t>(place)]))])
      if (!std::ranges::count(texts, text)) texts.emplace_back(text), places.push_back(place);
}

/// One row for each category, and one for everything else.
std::vector<float> table_of(const data::ColumnPlan& column) {
  const std::size_t count = column.categories.size(), width = count + 1;
  std::vector<float> table(width * width);
  for (std::size_t i = 0; i < width; ++i)
    data::write_category(column, static_cast<std::int64_t>(i), table.data() + i * width);
  return table;
}

void write_category(GraphWriter& graph, const data::ColumnPlan& column, const Name& x, std::vector<Name>& features) {
  const auto count = std::ssize(column.categories);
  std::vector<std::string> texts = column.categories;
  std::vector<std::int64_t> places(texts.size());
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = static_cast<std::int64_t>(i);
  add_truths(column.categories, texts, places);
  const Name place =
      graph.add("LabelEncoder", {x}, {{"keys_strings", texts}, {"values_int64s", places}, {"default_int64", count}},
                "ai.onnx.ml");
  const Name table = graph.constant(table_of(column), {count + 1, count + 1});
  features.push_back(graph.add("Gather", {table, graph.reshape(place, {-1})}, {{"axis", std::int64_t{0}}}));
}

}  // namespace

Name write_columns(GraphWriter& graph, const data::Preprocessor& preprocessor, std::vector<std::string>& inputs) {
  std::vector<Name> features;
  for (const data::ColumnPlan& column : preprocessor.used()) {
    const bool is_number = column.kind == data::ColumnKind::number;
    const Name x = graph.input(column.name, is_number ? Type::FLOAT : Type::STRING, {1});
    inputs.push_back(x);
    if (is_number)
      write_number(graph, column, x, features);
    else
      write_category(graph, column, x, features);
  }
  return features.size() == 1 ? features.front() : graph.add("Concat", features, {{"axis", std::int64_t{1}}});
}

}  // namespace relume::onnx
