#include <memory>
#include <optional>

#include <nlohmann/json.hpp>

#include "apps/relume/command.h"
#include "apps/relume/print.h"
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
    j["dead_units"] = layer.activity->dead_units().size();
    j["dead_share"] = layer.activity->dead_share();
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
            {"training", Json::parse(model.training)},
            {"layers", layers}};
  if (inspection.trial) j["rows"] = inspection.trial->rows.size();
  print("{}\n", j.dump(-1, ' ', false, Json::error_handler_t::replace));
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
  if (a.json)
    print_json(model, inspection);
  else
    print_lines(io::summary(model, inspection.layers, inspection.trial ? &*inspection.trial : nullptr));
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
