#include <algorithm>
#include <memory>
#include <optional>

#include <nlohmann/json.hpp>

#include "apps/relume/command.h"
#include "apps/relume/predictor_rows.h"
#include "apps/relume/print.h"
#include "apps/relume/read_model.h"
#include "relume/base/require.h"
#include "relume/infer/call_times.h"
#include "relume/plot/network_picture.h"

namespace relume::app {
namespace {

struct InspectArguments {
  std::string model, data, picture;
  bool plan = false, json = false;
};

/// A layer as a Predictor runs it, and as it would where it left nothing out.
struct Compared {
  infer::PlannedLayer layer;
  double dense_nanoseconds;
};

/// On rows of the data, or of chance.
std::vector<Compared> planned(const InspectArguments& a, const io::Model& model) {
  constexpr std::size_t most_rows = 64;
  const Predictor predictor(model), dense(model, {.skip_zeros = false});
  std::vector<float> rows = rows_for(model, predictor, a.data, "inspect");
  require<InputError>(!rows.empty(), "inspect: {} has no rows", a.data);
  rows.resize(std::min(rows.size(), most_rows * static_cast<std::size_t>(predictor.inputs())));
  const std::vector<infer::PlannedLayer> ours = predictor.layers(rows), all = dense.layers(rows);
  std::vector<Compared> compared;
  for (std::size_t i = 0; i < ours.size(); ++i) compared.push_back({ours[i], all[i].nanoseconds});
  return compared;
}

void print_plan(const std::vector<Compared>& plan, bool json) {
  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  for (const auto& [layer, dense] : plan) {
    layers.push_back({{"inputs", layer.inputs},
                      {"outputs", layer.outputs},
                      {"way", layer.way},
                      {"sparse_from", layer.sparse_from},
                      {"off", layer.off},
                      {"ns", layer.nanoseconds},
                      {"dense_ns", dense},
                      {"bytes", layer.bytes},
                      {"dense_bytes", layer.dense_bytes}});
    if (json) continue;
    std::string way = layer.way;
    if (way == "sparse") way += fmt::format(" from {:.0f} % off on", 100 * layer.sparse_from);
    print("{:>6} → {:<6} {:<22} {:>3.0f} % of inputs off  {:>11.0f} ns, dense {:.0f} ({:.2f}x)  {} bytes, dense {}\n",
          layer.inputs, layer.outputs, way, 100 * layer.off, layer.nanoseconds, dense,
          dense / std::max(layer.nanoseconds, 1.0), layer.bytes, layer.dense_bytes);
  }
  if (json) print("{}\n", nlohmann::ordered_json{{"plan", layers}}.dump());
}

void run(const InspectArguments& a) {
  const io::Model model = read_model(a.model);
  if (a.plan) return print_plan(planned(a, model), a.json);
  std::optional<io::Trial> trial;
  std::vector<health::LayerActivity> activity;
  if (!a.data.empty()) {
    trial = io::make_trial(model, a.data);
    activity = io::unit_activity(model, *trial);
  }
  const std::vector<io::LayerFacts> layers = io::layer_facts(model, activity);
  if (!a.picture.empty()) plot::draw_network(model, layers, a.picture);
  const io::Trial* seen = trial ? &*trial : nullptr;
  if (a.json)
    print("{}\n", io::summary_json(model, layers, seen));
  else
    print_lines(io::summary(model, layers, seen));
}

}  // namespace

void define_inspect(Command& command) {
  auto a = std::make_shared<InspectArguments>();
  command.option("MODEL", a->model, "model.safetensors of a run, or an .onnx").required();
  command.option("DATA", a->data, "as for eval: also count the zeros and the dead units on it").or_stdin();
  command.option("--svg", a->picture, "draw the network into this file: .svg, .png or .pdf");
  command.flag(
      "--plan", a->plan,
      "how each layer runs on this machine: dense, sparse or pruned, timed with the data's rows or rows of chance");
  command.flag("--json", a->json, "print it as one JSON object");
  command.run([a] { run(*a); });
}

}  // namespace relume::app
