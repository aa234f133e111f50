#include <memory>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/relume/command.h"
#include "relume/io/model.h"
#include "relume/nn/linear.h"

namespace relume::app {
namespace {

struct Arguments {
  std::string model;
  bool json = false;
};

void print_layers(const io::Model& model) {
  fmt::print("{:<4} {:<44} {:>14} {:>12} {:>14}\n", "", "layer", "output", "parameters", "multiply-adds");
  std::int64_t width = model.features, total = 0;
  for (const auto& [name, module] : model.network->children()) {
    std::int64_t products = 0;
    if (const auto* linear = dynamic_cast<const nn::Linear*>(module)) {
      width = linear->out_features();
      products = linear->weight.elements();
    }
    total += products;
    fmt::print("{:<4} {:<44} {:>14} {:>12} {:>14}\n", name, module->describe(), fmt::format("[n, {}]", width),
               module->parameter_count(), products);
  }
  fmt::print("{:<4} {:<44} {:>14} {:>12} {:>14}\n", "", "total", "", model.network->parameter_count(), total);
}

void print_text(const io::Model& model) {
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
  print_layers(model);
}

void print_json(const io::Model& model) {
  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  for (const auto& [name, module] : model.network->children())
    layers.push_back({{"name", name}, {"layer", module->describe()}, {"parameters", module->parameter_count()}});
  const nlohmann::ordered_json j = {{"task", data::name(model.task)},
                                    {"labels", model.labels},
                                    {"features", model.features},
                                    {"outputs", model.outputs},
                                    {"architecture", nn::to_string(model.layers)},
                                    {"parameters", model.network->parameter_count()},
                                    {"layers", layers}};
  fmt::print("{}\n", j.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

}  // namespace

void add_inspect(CLI::App& app) {
  CLI::App* command = app.add_subcommand("inspect", "Show what a model is made of");
  auto a = std::make_shared<Arguments>();
  command->add_option("MODEL", a->model, "model.safetensors of a run")->required();
  command->add_flag("--json", a->json, "print it as one JSON object");
  command->callback([a] {
    const io::Model model = io::Model::load(a->model);
    a->json ? print_json(model) : print_text(model);
  });
}

}  // namespace relume::app
