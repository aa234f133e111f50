#include <algorithm>
#include <cmath>
#include <memory>
#include <span>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/relume/command.h"
#include "apps/relume/foreign_model.h"
#include "apps/relume/layer_facts.h"
#include "apps/relume/result.h"
#include "relume/base/require.h"
#include "relume/data/batches.h"
#include "relume/health/remove_units.h"
#include "relume/health/revive.h"
#include "relume/health/rule.h"
#include "relume/nn/linear.h"
#include "relume/nn/loss.h"
#include "relume/train/evaluate.h"
#include "relume/train/job.h"

namespace relume::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t gradient_rows = 256;  // on which the gradient is measured
constexpr std::size_t revive_rows = 1000;   // which revived units are fitted to

struct Arguments {
  std::string model, data, layers, target = "last", out;
  std::vector<std::string> threshold_texts;
  health::Thresholds thresholds;
  std::string fix;  // "", "remove", "revive"
  bool json = false;
};

/// A row of the table: a linear layer with the activation after it, where there is one.
struct LayerState {
  std::string name;
  const health::LayerActivity* activity = nullptr;
  std::int64_t units = 0;
  double weight_rms = 0, gradient_rms = 0;
};

struct Examination {
  health::Thresholds thresholds;
  health::Measurements measurements;
  std::vector<LayerState> layers;
  std::vector<health::Finding> findings;
  std::vector<std::pair<std::string_view, std::string>> not_judged;
};

double rms(const Tensor& tensor) {
  if (!tensor.defined()) return 0;
  double sum = 0;
  for (const double v : tensor.to_vector<double>()) sum += v * v;
  return std::sqrt(sum / static_cast<double>(tensor.elements()));
}

/// At most that many of the rows, with their targets.
data::Batch first_rows(const training::Trial& trial, std::size_t most) {
  const auto rows = std::span(trial.rows).first(std::min(trial.rows.size(), most));
  Shape x_shape = trial.dataset.features.shape(), y_shape = trial.dataset.targets.shape();
  x_shape[0] = y_shape[0] = static_cast<std::int64_t>(rows.size());
  data::Batch batch{empty(x_shape), empty(y_shape, trial.dataset.targets.dtype())};
  data::gather(trial.dataset, rows, batch);
  return batch;
}

/// Leaves the gradient of the loss on the first rows in the parameters. Returns whether all of it is finite.
bool measure_gradient(const io::Model& model, const training::Trial& trial) {
  const data::Batch batch = first_rows(trial, gradient_rows);
  const Tensor y = (*model.network)(batch.x);
  const Tensor loss = model.task == data::Task::regression ? nn::mse_loss(y, batch.y) : nn::cross_entropy(y, batch.y);
  loss.backward();
  double sum = loss.item<double>();
  for (const Tensor& parameter : model.network->parameters()) sum += rms(parameter.grad());
  return std::isfinite(sum);
}

std::vector<LayerState> layer_states(const io::Model& model, const std::vector<health::LayerActivity>& activity) {
  std::vector<LayerState> states;
  const auto named = health::named_activations(*model.network);
  for (const auto& [name, module] : model.network->children()) {
    if (const auto* linear = dynamic_cast<const nn::Linear*>(module))
      states.push_back({.name = "linear " + name,
                        .units = linear->out_features(),
                        .weight_rms = rms(linear->weight),
                        .gradient_rms = rms(linear->weight.grad())});
    for (std::size_t i = 0; i < named.size(); ++i)
      if (named[i].second == module && !states.empty()) {
        states.back().name = named[i].first;
        states.back().activity = &activity[i];
      }
  }
  return states;
}

Examination examine(const io::Model& model, const training::Trial& trial, const health::Thresholds& thresholds) {
  Examination e;
  e.thresholds = thresholds;
  e.measurements.activity = unit_activity(model, trial);
  // Preprocessing has seen to the columns of a table already, and corners of images are always black.
  const Tensor& x = trial.dataset.features;
  if (!model.preprocessor && model.input_shape.dimensions() <= 1 && x.dtype() == DType::float32 && x.dimensions() == 2)
    e.measurements.inputs = health::measure_columns(x);
  if (!measure_gradient(model, trial)) e.measurements.not_finite_step = 0;
  const Tensor y = training::outputs(*model.network, trial.dataset, trial.rows);
  e.measurements.answers = health::measure_answers(y, training::targets(trial.dataset, trial.rows), model.labels);
  e.layers = layer_states(model, e.measurements.activity);
  e.findings = health::judge(e.measurements, thresholds);
  for (const health::Rule& rule : health::rules())
    if (std::string reason = rule.judge(e.measurements, thresholds).cannot_judge; !reason.empty())
      e.not_judged.emplace_back(rule.name, std::move(reason));
  return e;
}

/// Too few rows for a verdict on the units: what is lacking, else empty.
std::string too_little_evidence(const Examination& e) {
  const bool few = std::any_of(
      e.measurements.activity.begin(), e.measurements.activity.end(),
      [&](const health::LayerActivity& layer) { return layer.rows > 0 && layer.rows < e.thresholds.least_rows; });
  if (!few) return {};
  return fmt::format("not enough evidence: {} rows, a verdict on the units takes {}",
                     e.measurements.activity.front().rows, e.thresholds.least_rows);
}

std::int64_t count(const LayerState& layer, std::string_view rule, const Examination& e) {
  health::Thresholds all = e.thresholds;
  all.always_on_share = -1;  // the table counts where the rule is still silent
  for (const health::Rule& r : health::rules())
    if (r.name == rule)
      for (const health::Finding& finding : r.judge(e.measurements, all).findings)
        if (layer.activity && finding.layer == layer.activity->layer)
          return static_cast<std::int64_t>(finding.units.size());
  return 0;
}

void print_text(const Examination& e, const training::Trial& trial, const Arguments& a) {
  fmt::print("{} ({} rows)\n\n", trial.what, trial.rows.size());
  fmt::print("{:<14} {:>7} {:>7} {:>10} {:>10} {:>10} {:>10} {:>12} {:>13}\n", "layer", "units", "dead", "near-dead",
             "always on", "saturated", "zeros", "weight RMS", "gradient RMS");
  for (const LayerState& layer : e.layers) {
    const auto number = [&](std::string_view rule) {
      return layer.activity ? fmt::format("{}", count(layer, rule, e)) : std::string("-");
    };
    fmt::print("{:<14} {:>7} {:>7} {:>10} {:>10} {:>10} {:>10} {:>12.3g} {:>13.3g}\n", layer.name, layer.units,
               number("dead_units"), number("near_dead_units"), number("always_on_layer"), number("saturated_units"),
               layer.activity ? fmt::format("{:.1f} %", 100 * layer.activity->sparsity()) : "-", layer.weight_rms,
               layer.gradient_rms);
  }
  fmt::print("\n");
  for (const health::Finding& f : e.findings)
    fmt::print("{}  {}\n", health::name(f.severity), health::to_string(f, health::Voice::command_line));
  if (const std::string lacks = too_little_evidence(e); !lacks.empty())
    fmt::print("{}\n", lacks);
  else if (e.findings.empty())
    fmt::print("healthy\n");
  if (a.fix.empty() && std::any_of(e.findings.begin(), e.findings.end(),
                                   [](const health::Finding& f) { return f.rule == "dead_units"; }))
    fmt::print("--fix -o FILE writes the model without its dead units, --fix=revive gives them a new beginning\n");
  std::string silent;
  for (const auto& [rule, reason] : e.not_judged) silent += (silent.empty() ? "" : ", ") + std::string(rule);
  if (!silent.empty()) fmt::print("not judged from a model alone, or not enough rows: {}\n", silent);
}

Json examination_to_json(const Examination& e, const training::Trial& trial, const Arguments& a) {
  Json layers = Json::array(), silent = Json::object();
  for (const LayerState& layer : e.layers) {
    Json row = {{"layer", layer.name},
                {"units", layer.units},
                {"weight_rms", layer.weight_rms},
                {"gradient_rms", layer.gradient_rms}};
    if (layer.activity) {
      for (const char* rule : {"dead_units", "near_dead_units", "always_on_layer", "saturated_units"})
        row[rule] = count(layer, rule, e);
      row["sparsity"] = layer.activity->sparsity();
    }
    layers.push_back(std::move(row));
  }
  for (const auto& [rule, reason] : e.not_judged) silent[std::string(rule)] = reason;
  const std::string lacks = too_little_evidence(e);
  return {{"model", a.model}, {"enough_evidence", lacks.empty()},     {"rows", trial.rows.size()},
          {"layers", layers}, {"findings", app::to_json(e.findings)}, {"not_judged", silent}};
}

/// How many units of which layer were treated.
Json to_json(const health::Treated& treated) {
  Json units = Json::object();
  for (const auto& [layer, count] : treated) units[layer] = count;
  return units;
}

/// Takes the dead units out, or gives them a new beginning.
health::Treated treat(io::Model& model, const training::Trial& trial, const Examination& e, const std::string& how) {
  if (how == "revive") {
    Rng rng(0);
    return health::revive(*model.network, e.measurements.activity, first_rows(trial, revive_rows).x, nullptr, rng);
  }
  health::Smaller smaller =
      health::remove_dead_units(*model.network, model.layers, e.measurements.activity, model.features);
  model.network = smaller.network;
  model.layers = smaller.architecture;
  return smaller.removed;
}

/// Writes the mended model, after a proof on the data that it says the same.
Json fix(io::Model model, const training::Trial& trial, const Examination& e, const Arguments& a) {
  const std::vector<double> before = training::outputs(*model.network, trial.dataset, trial.rows).to_vector<double>();
  const std::int64_t parameters = model.network->parameter_count();
  const health::Treated treated = treat(model, trial, e, a.fix);
  const std::vector<double> after = training::outputs(*model.network, trial.dataset, trial.rows).to_vector<double>();
  double difference = 0, largest = 1;
  for (std::size_t i = 0; i < before.size(); ++i) {
    difference = std::max(difference, std::fabs(before[i] - after[i]));
    largest = std::max(largest, std::fabs(before[i]));
  }
  require(difference <= 1e-5 * largest, "doctor: the mended network differs by {:.3g}; {} was not written", difference,
          a.out);
  model.save(a.out);
  return {{"model", a.out},
          {a.fix == "revive" ? "revived" : "removed", to_json(treated)},
          {"parameters_before", parameters},
          {"parameters", model.network->parameter_count()},
          {"largest_difference", difference}};
}

void print_fixed(const Json& fixed, const training::Trial& trial) {
  const bool revived = fixed.contains("revived");
  std::string units;
  for (const auto& [layer, count] : fixed[revived ? "revived" : "removed"].items())
    units += fmt::format("{}{} units of {}", units.empty() ? "" : ", ", count.get<std::int64_t>(), layer);
  fmt::print("fixed  {}: {} {}; {} parameters, {} before; outputs differ by at most {:.2g} on {} rows\n",
             fixed["model"].get<std::string>(), revived ? "revived" : "took out", units.empty() ? "nothing" : units,
             fixed["parameters"].get<std::int64_t>(), fixed["parameters_before"].get<std::int64_t>(),
             fixed["largest_difference"].get<double>(), trial.rows.size());
}

void run(Arguments& a) {
  for (const std::string& text : a.threshold_texts) health::set_threshold(a.thresholds, text);
  require<InputError>(a.fix.empty() || !a.out.empty(),
                      "doctor: --fix needs a file to write the mended model to: -o FILE");
  io::Model model = a.layers.empty() ? io::Model::load(a.model) : load_foreign_model(a.model, a.layers);
  const training::Trial trial =
      a.layers.empty() ? training::make_trial(model, a.data) : make_foreign_trial(model, a.data, a.target);
  const Examination e = examine(model, trial, a.thresholds);
  Json fixed;
  if (!a.fix.empty()) fixed = fix(model, trial, e, a);
  if (a.json) {
    Json j = examination_to_json(e, trial, a);
    if (!a.fix.empty()) j["fixed"] = fixed;
    fmt::print("{}\n", j.dump(-1, ' ', false, Json::error_handler_t::replace));
  } else {
    print_text(e, trial, a);
    if (!a.fix.empty()) print_fixed(fixed, trial);
  }
  const bool sick = std::any_of(e.findings.begin(), e.findings.end(),
                                [](const health::Finding& f) { return f.severity != health::Severity::info; });
  if (sick) {
    std::fflush(stdout);
    throw Exit{exit_failed};
  }
}

}  // namespace

void define_doctor(Command& command) {
  auto a = std::make_shared<Arguments>();
  command.option("MODEL", a->model, "model.safetensors of a run; with --layers any file of that format").required();
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
