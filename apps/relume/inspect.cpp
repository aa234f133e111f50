#include <memory>
#include <optional>

#include "apps/relume/command.h"
#include "apps/relume/print.h"
#include "apps/relume/read_model.h"
#include "relume/plot/network_picture.h"

namespace relume::app {
namespace {

struct Arguments {
  std::string model, data, picture;
  bool json = false;
};

void run(const Arguments& a) {
  const io::Model model = read_model(a.model);
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
  auto a = std::make_shared<Arguments>();
  command.option("MODEL", a->model, "model.safetensors of a run, or an .onnx").required();
  command.option("DATA", a->data, "as for eval: also count the zeros and the dead units on it").or_stdin();
  command.option("--svg", a->picture, "draw the network into this file: .svg, .png or .pdf");
  command.flag("--json", a->json, "print it as one JSON object");
  command.run([a] { run(*a); });
}

}  // namespace relume::app
