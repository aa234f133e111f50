// A model as an ONNX file.
#include <fmt/core.h>

#include "relume/base/atomic_file.h"
#include "relume/base/require.h"
#include "relume/io/json_text.h"
#include "relume/onnx/column_nodes.h"
#include "relume/onnx/layer_nodes.h"
#include "relume/onnx/onnx.h"

namespace relume::onnx {
namespace {

using Type = proto::Tensor;

void check(const ExportOptions& options) {
  require<InputError>(options.opset >= oldest_opset && options.opset <= newest_opset,
                      "export: opset {} is not from {} to {}", options.opset, oldest_opset, newest_opset);
}

Exported write(const std::filesystem::path& path, GraphWriter& graph, Exported exported) {
  const proto::Model& model = graph.finish(RELUME_VERSION);
  // What one message may be long, by the format.
  constexpr std::size_t most = (std::size_t{1} << 31) - 1;
  require<InputError>(model.ByteSizeLong() <= most, "export: the network takes {} bytes, an ONNX file holds {}",
                      model.ByteSizeLong(), most);
  const std::string bytes = model.SerializeAsString();
  write_file(path, bytes);
  exported.nodes = model.graph().node_size();
  exported.opset = graph.opset();
  exported.bytes = bytes.size();
  return exported;
}

/// The label that has the highest probability.
void write_label(GraphWriter& graph, const io::Model& model, const Name& probabilities, Exported& exported) {
  const Name best = graph.add("ArgMax", {probabilities}, {{"axis", std::int64_t{1}}, {"keepdims", std::int64_t{0}}});
  const Name label = graph.add("Gather", {graph.constant(model.labels), best}, {{"axis", std::int64_t{0}}});
  exported.outputs.push_back(graph.output(label, "label", Type::STRING, {}));
}

void write_outputs(GraphWriter& graph, const io::Model& model, Name y, bool with_label, Exported& exported) {
  if (model.task == data::Task::regression) {
    if (model.target_scale != 1) y = graph.add("Mul", {y, graph.scalar(model.target_scale)});
    if (model.target_mean != 0) y = graph.add("Add", {y, graph.scalar(model.target_mean)});
    exported.outputs.push_back(graph.output(y, "value", Type::FLOAT, {model.outputs}));
    return;
  }
  y = graph.add("Softmax", {y}, {{"axis", std::int64_t{1}}});
  y = graph.output(y, "probabilities", Type::FLOAT, {model.outputs});
  exported.outputs.push_back(y);
  graph.describe("labels", io::json_text(model.labels));
  if (with_label) write_label(graph, model, y, exported);
}

}  // namespace

Exported save(const io::Model& model, const std::filesystem::path& path, const ExportOptions& options) {
  check(options);
  const infer::Frozen frozen = infer::freeze(model);
  GraphWriter graph(options.opset);
  Exported exported;
  Name x;
  if (options.preprocessing && model.preprocessor) {
    x = write_columns(graph, *model.preprocessor, exported.inputs);
  } else {
    const bool has_shape = model.input_shape.dimensions() > 1;
    x = graph.input("input", Type::FLOAT,
                    has_shape ? std::vector<std::int64_t>(model.input_shape.begin(), model.input_shape.end())
                              : std::vector<std::int64_t>{model.features});
    exported.inputs.push_back(x);
    if (has_shape) x = graph.add("Flatten", {x}, {{"axis", std::int64_t{1}}});
  }
  write_outputs(graph, model, write_layers(graph, frozen, x), options.preprocessing, exported);
  return write(path, graph, std::move(exported));
}

Exported save(const nn::Module& network, const std::filesystem::path& path, const ExportOptions& options,
              std::int64_t features) {
  check(options);
  const infer::Frozen frozen = infer::freeze(network, features);
  GraphWriter graph(options.opset);
  const Name x = graph.input("input", Type::FLOAT, {frozen.inputs});
  const Name y = graph.output(write_layers(graph, frozen, x), "output", Type::FLOAT, {frozen.outputs});
  return write(path, graph, {.inputs = {x}, .outputs = {y}});
}

std::string to_string(const Exported& exported) {
  std::string outputs;
  for (const std::string& name : exported.outputs) outputs += (outputs.empty() ? "" : " and ") + name;
  return fmt::format("{} {} in, {} out; {} nodes of opset {}, {} bytes", exported.inputs.size(),
                     exported.inputs.size() == 1 ? "input" : "inputs", outputs, exported.nodes, exported.opset,
                     exported.bytes);
}

}  // namespace relume::onnx
