#include "relume/train/doctor.h"

#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/core.h>

#include "apps/relume/command.h"
#include "apps/relume/print.h"
#include "apps/relume/read_model.h"
#include "relume/base/require.h"
#include "relume/io/foreign_model.h"

namespace relume::app {
namespace {

using training::Examination;
using training::LayerState;

struct DoctorArguments {
  std::string model, data, layers, target = "last", out;
  std::vector<std::string> threshold_texts;
  health::Thresholds thresholds;
  std::string fix;  // "", "remove", "revive"
  bool json = false;
};

void print_text(const Examination& e, const DoctorArguments& a) {
  print("{} ({} rows)\n\n", e.trial.what, e.trial.rows.size());
  print("{:<14} {:>7} {:>7} {:>10} {:>10} {:>10} {:>10} {:>12} {:>13}\n", "layer", "units", "dead", "near-dead",
        "always on", "saturated", "zeros", "weight RMS", "gradient RMS");
  for (const LayerState& layer : e.layers) {
    const auto number = [&](std::string_view rule) {
      return layer.activity ? fmt::format("{}", e.count(layer, rule)) : std::string("-");
    };
    print("{:<14} {:>7} {:>7} {:>10} {:>10} {:>10} {:>10} {:>12.3g} {:>13.3g}\n", layer.name, layer.units,
          number("dead_units"), number("near_dead_units"), number("always_on_layer"), number("saturated_units"),
          layer.activity ? fmt::format("{:.1f} %", 100 * layer.activity->sparsity()) : "-", layer.weight_rms,
          layer.gradient_rms);
  }
  print("\n");
  for (const health::Finding& f : e.findings)
    print("{}  {}\n", health::name(f.severity), health::to_string(f, health::Voice::command_line));
  if (const std::string lacks = e.too_little_evidence(); !lacks.empty())
    print("{}\n", lacks);
  else if (e.findings.empty())
    print("healthy\n");
  if (a.fix.empty() && std::any_of(e.findings.begin(), e.findings.end(),
                                   [](const health::Finding& f) { return f.rule == "dead_units"; }))
    print("--fix -o FILE writes the model without its dead units, --fix=revive gives them a new beginning\n");
  std::string silent;
  for (const auto& [rule, reason] : e.not_judged) silent += (silent.empty() ? "" : ", ") + rule;
  if (!silent.empty()) print("not judged from a model alone, or not enough rows: {}\n", silent);
}

void print_fixed(const training::Fixed& fixed, const Examination& e, const DoctorArguments& a) {
  std::string units;
  for (const auto& [layer, count] : fixed.units)
    units += fmt::format("{}{} units of {}", units.empty() ? "" : ", ", count, layer);
  print("fixed  {}: {} {}; {} parameters, {} before; outputs differ by at most {:.2g} on {} rows\n", a.out,
        a.fix == "revive" ? "revived" : "took out", units.empty() ? "nothing" : units, fixed.parameters,
        fixed.parameters_before, fixed.largest_difference, e.trial.rows.size());
}

void run(DoctorArguments& a) {
  for (const std::string& text : a.threshold_texts) health::set_threshold(a.thresholds, text);
  require<InputError>(a.fix.empty() || !a.out.empty(),
                      "doctor: --fix needs a file to write the mended model to: -o FILE");
  io::Model model = a.layers.empty() ? read_model(a.model) : io::load_foreign_model(a.model, a.layers);
  io::Trial trial = a.layers.empty() ? io::make_trial(model, a.data) : io::make_foreign_trial(model, a.data, a.target);
  const Examination e = training::examine(model, std::move(trial), a.thresholds);
  std::optional<training::Fixed> fixed;
  if (!a.fix.empty()) {
    fixed = e.fix(a.fix == "revive" ? training::Fix::revive : training::Fix::remove);
    fixed->save(a.out);
  }
  if (a.json) {
    print("{}\n", e.json(health::Voice::command_line, a.model, fixed ? &*fixed : nullptr));
  } else {
    print_text(e, a);
    if (fixed) print_fixed(*fixed, e, a);
  }
  if (!e.is_healthy()) {
    std::fflush(stdout);
    throw Exit{exit_failed};
  }
}

}  // namespace

void define_doctor(Command& command) {
  auto a = std::make_shared<DoctorArguments>();
  command.option("MODEL", a->model, "model.safetensors of a run, or an .onnx; with --layers any file of that format")
      .required();
  command.option("DATA", a->data, "as for train; of an IDX folder the test set").required().or_stdin();
  command.option("--layers", a->layers,
                 "the layers of a network that others have saved: \"linear(64) relu linear(32) relu\"; the output "
                 "layer follows, and the data goes in as it is");
  command.option("--target", a->target, "with --layers: the column of a table that the network predicts")
      .with_default();
  command
      .flag("--fix{remove}", a->fix,
            "write a model without the dead units, smaller and with the same outputs; --fix=revive gives them a new "
            "beginning instead, with the same outputs until it is trained on")
      .one_of({"remove", "revive"});
  command.option("-o,--out", a->out, "where --fix writes to");
  command.option("--threshold", a->threshold_texts, "NAME=NUMBER, as often as needed: see relume rules").repeated();
  command.flag("--json", a->json, "print the result as one JSON object");
  command.footer("Exit status: 0 healthy (infos aside), 1 warnings or errors, 2 bad input.");
  command.run([a] { run(*a); });
}

}  // namespace relume::app
