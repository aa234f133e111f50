// A model in words, and as JSON.
#include <fmt/format.h>

#include "relume/base/require.h"
#include "relume/io/json_text.h"
#include "relume/io/layer_facts.h"

namespace relume::io {
namespace {

std::string text_of_bytes(std::int64_t bytes) {
  const auto b = static_cast<double>(bytes);
  if (b < 1e3) return fmt::format("{} B", bytes);
  return b < 1e6 ? fmt::format("{:.1f} kB", b / 1e3) : fmt::format("{:.1f} MB", b / 1e6);
}

/// What units do: "41.2 %" and "14 (2.7 %)", for activations alone.
std::string text_of_activity(const LayerFacts& layer) {
  if (!layer.activity || layer.activity->rows == 0) return {};
  const bool can_die = layer.activity->kind == health::ActivationKind::rectifier;
  return fmt::format(
      " {:>9} {:>14}", fmt::format("{:.1f} %", 100 * layer.activity->sparsity()),
      can_die ? fmt::format("{} ({:.1f} %)", layer.activity->dead_units().size(), 100 * layer.activity->dead_share())
              : "-");
}

std::string table_of(const Model& model, const std::vector<LayerFacts>& layers, bool watched) {
  std::string text;
  const auto row = [&text](std::string_view name, std::string_view layer, std::string_view output,
                           std::string_view parameters, std::string_view products, std::string_view weights,
                           std::string_view outputs, std::string_view activity) {
    text += fmt::format("{:<5} {:<18} {:>10} {:>11} {:>13} {:>9} {:>9}{}\n", name, layer, output, parameters, products,
                        weights, outputs, activity);
  };
  row("", "layer", "output", "parameters", "multiply-adds", "memory", "per row",
      watched ? fmt::format(" {:>9} {:>14}", "zeros", "dead") : "");
  std::int64_t products = 0, bytes = 0, output_bytes = 0;
  for (const LayerFacts& layer : layers) {
    products += layer.multiply_adds;
    bytes += layer.bytes;
    output_bytes += layer.output_bytes;
    row(layer.name, layer.word, fmt::format("[n, {}]", layer.width), std::to_string(layer.parameters),
        std::to_string(layer.multiply_adds), text_of_bytes(layer.bytes), text_of_bytes(layer.output_bytes),
        text_of_activity(layer));
  }
  row("total", "", "", std::to_string(model.network->parameter_count()), std::to_string(products), text_of_bytes(bytes),
      text_of_bytes(output_bytes), "");
  return text;
}

std::string to_json(const LayerFacts& layer) {
  JsonObject object;
  object.add("name", layer.name).add("layer", layer.module->describe()).add_count("output", layer.width);
  object.add_count("parameters", layer.parameters).add_count("multiply_adds", layer.multiply_adds);
  object.add_count("bytes", layer.bytes).add_count("output_bytes", layer.output_bytes);
  if (!layer.activity || layer.activity->rows == 0) return object.text();
  object.add("sparsity", layer.activity->sparsity());
  if (layer.activity->kind == health::ActivationKind::rectifier)
    object.add_count("dead_units", std::ssize(layer.activity->dead_units()))
        .add("dead_share", layer.activity->dead_share());
  return object.text();
}

}  // namespace

std::string summary(const Model& model, const std::vector<LayerFacts>& layers, const Trial* trial) {
  std::string text = fmt::format("task     {}\n", data::name(model.task));
  if (model.task == data::Task::classification)
    text += fmt::format("classes  {}\n", fmt::join(model.labels, ", "));
  else
    text += fmt::format("target   mean {:g}, deviation {:g}\n", model.target_mean, model.target_scale);
  if (model.preprocessor) {
    std::vector<std::string> used;
    for (const auto& column : model.preprocessor->used()) used.push_back(column.name);
    text += fmt::format("target   {}\ncolumns  {}\n", model.preprocessor->target().column(), fmt::join(used, ", "));
    for (const auto& [name, reason] : model.preprocessor->left_out())
      text += fmt::format("left out {}: {}\n", name, reason);
  } else {
    text += fmt::format("input    {}, x * {:g} + {:g}\n", model.input_shape, model.scale.scale, model.scale.shift);
  }
  text += fmt::format("layers   {}\n\n", nn::to_string(model.layers));
  if (trial) text += fmt::format("zeros and dead units: {} ({} rows)\n\n", trial->what, trial->rows.size());
  return text + table_of(model, layers, trial != nullptr);
}

std::string summary_json(const Model& model, const std::vector<LayerFacts>& layers, const Trial* trial) {
  std::vector<std::string> rows;
  for (const LayerFacts& layer : layers) rows.push_back(to_json(layer));
  JsonObject object;
  object.add("task", data::name(model.task)).add("labels", model.labels).add_count("features", model.features);
  object.add_count("outputs", model.outputs).add("architecture", nn::to_string(model.layers));
  object.add_count("parameters", model.network->parameter_count()).add_json("training", model.training);
  object.add_json("layers", json_list(rows));
  if (trial) object.add_count("rows", std::ssize(trial->rows));
  return object.text();
}

std::string Model::summary() const { return io::summary(*this, layer_facts(*this)); }

}  // namespace relume::io
