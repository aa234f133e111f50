#include <memory>
#include <optional>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/relume/command.h"
#include "relume/plot/network_picture.h"

namespace relume::app {
namespace {

using Json = nlohmann::ordered_json;

struct Arguments {
  std::string model, data, picture;
  bool json = false;
};

/// The model's layers, and what was seen of them where there is data.
struct Inspection {
  std::vector<io::LayerFacts> layers;
  std::optional<io::Trial> trial;
};

std::string text_of_bytes(std::int64_t bytes) {
  const auto b = static_cast<double>(bytes);
  if (b < 1e3) return fmt::format("{} B", bytes);
  return b < 1e6 ? fmt::format("{:.1f} kB", b / 1e3) : fmt::format("{:.1f} MB", b / 1e6);
}

std::int64_t dead_units(const health::LayerActivity& activity) {
  return static_cast<std::int64_t>(activity.dead_units().size());
}

double dead_share(const health::LayerActivity& activity) {
  return static_cast<double>(dead_units(activity)) / static_cast<double>(activity.fired.size());
}

/// What units do: "41.2 %" and "14 (2.7 %)", for activations alone.
std::string text_of_activity(const io::LayerFacts& layer) {
  if (!layer.activity || layer.activity->rows == 0) return {};
  const bool can_die = layer.activity->kind == health::ActivationKind::rectifier;
  return fmt::format(
      " {:>9} {:>14}", fmt::format("{:.1f} %", 100 * layer.activity->sparsity()),
      can_die ? fmt::format("{} ({:.1f} %)", dead_units(*layer.activity), 100 * dead_share(*layer.activity)) : "-");
}

void print_layers(const io::Model& model, const Inspection& inspection) {
  const auto row = [](std::string_view name, std::string_view layer, std::string_view output, auto parameters,
                      auto products, std::string_view weights, std::string_view outputs, const std::string& activity) {
    fmt::print("{:<5} {:<18} {:>10} {:>11} {:>13} {:>9} {:>9}{}\n", name, layer, output, parameters, products, weights,
               outputs, activity);
  };
  if (inspection.trial)
    fmt::print("zeros and dead units: {} ({} rows)\n\n", inspection.trial->what, inspection.trial->rows.size());
  row("", "layer", "output", "parameters", "multiply-adds", "memory", "per row",
      inspection.trial ? fmt::format(" {:>9} {:>14}", "zeros", "dead") : "");
  std::int64_t products = 0, bytes = 0, output_bytes = 0;
  for (const io::LayerFacts& layer : inspection.layers) {
    products += layer.multiply_adds;
    bytes += layer.bytes;
    output_bytes += layer.output_bytes;
    row(layer.name, layer.word, fmt::format("[n, {}]", layer.width), layer.parameters, layer.multiply_adds,
        text_of_bytes(layer.bytes), text_of_bytes(layer.output_bytes), text_of_activity(layer));
  }
  row("total", "", "", model.network->parameter_count(), products, text_of_bytes(bytes), text_of_bytes(output_bytes),
      "");
}

void print_text(const io::Model& model, const Inspection& inspection) {
  fmt::print("task     {}\n", data::name(model.task));
  if (model.task == data::Task::classification) {
    std::string labels;
    for (const std::string& label : model.labels) labels += (labels.empty() ? "" : ", ") + label;
    fmt::print("classes  {}\n", labels);
  } else {
    fmt::print("target   mean {:g}, deviation {:g}\n", model.target_mean, model.target_scale);
  }
  if (model.preprocessor) {
    std::string used;
    for (const auto& column : model.preprocessor->used()) used += (used.empty() ? "" : ", ") + column.name;
    fmt::print("target   {}\ncolumns  {}\n", model.preprocessor->target().column(), used);
    for (const auto& [name, reason] : model.preprocessor->left_out()) fmt::print("left out {}: {}\n", name, reason);
  } else {
    fmt::print("input    {}, x * {:g} + {:g}\n", to_string(model.input_shape), model.scale.scale, model.scale.shift);
  }
  fmt::print("layers   {}\n\n", nn::to_string(model.layers));
  print_layers(model, inspection);
}

Json to_json(const io::LayerFacts& layer) {
  Json j = {{"name", layer.name},
            {"layer", layer.module->describe()},
            {"output", layer.width},
            {"parameters", layer.parameters},
            {"multiply_adds", layer.multiply_adds},
            {"bytes", layer.bytes},
            {"output_bytes", layer.output_bytes}};
  if (!layer.activity || layer.activity->rows == 0) return j;
  j["sparsity"] = layer.activity->sparsity();
  if (layer.activity->kind == health::ActivationKind::rectifier) {
    j["dead_units"] = dead_units(*layer.activity);
    j["dead_share"] = dead_share(*layer.activity);
  }
  return j;
}

void print_json(const io::Model& model, const Inspection& inspection) {
  Json layers = Json::array();
  for (const io::LayerFacts& layer : inspection.layers) layers.push_back(to_json(layer));
  Json j = {{"task", data::name(model.task)},
            {"labels", model.labels},
            {"features", model.features},
            {"outputs", model.outputs},
            {"architecture", nn::to_string(model.layers)},
            {"parameters", model.network->parameter_count()},
            {"layers", layers}};
  if (inspection.trial) j["rows"] = inspection.trial->rows.size();
  fmt::print("{}\n", j.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void run(const Arguments& a) {
  const io::Model model = io::Model::load(a.model);
  Inspection inspection;
  std::vector<health::LayerActivity> activity;
  if (!a.data.empty()) {
    inspection.trial = io::make_trial(model, a.data);
    activity = io::unit_activity(model, *inspection.trial);
  }
  inspection.layers = io::layer_facts(model, activity);
  if (!a.picture.empty()) plot::draw_network(model, inspection.layers, a.picture);
  a.json ? print_json(model, inspection) : print_text(model, inspection);
}

}  // namespace

void define_inspect(Command& command) {
  auto a = std::make_shared<Arguments>();
  command.option("MODEL", a->model, "model.safetensors of a run").required();
  command.option("DATA", a->data, "as for eval: also count the zeros and the dead units on it").or_stdin();
  command.option("--svg", a->picture, "draw the network into this file: .svg, .png or .pdf");
  command.flag("--json", a->json, "print it as one JSON object");
  command.run([a] { run(*a); });
}

}  // namespace relume::app
