// The results as the objects that the command line prints with --json; docs/json.md has their fields.
#include <fmt/ranges.h>

#include "relume/io/json_text.h"
#include "relume/kernels/matmul.h"
#include "relume/train/compare.h"
#include "relume/train/doctor.h"
#include "relume/train/evaluate.h"
#include "relume/train/lr_find.h"
#include "relume/train/option_table.h"
#include "relume/train/run_report.h"

namespace relume::training {
namespace {

using io::json_list;
using io::json_text;
using io::JsonObject;

std::string text_of_columns(const io::Model& model) {
  std::vector<std::string> used;
  JsonObject left_out;
  if (model.preprocessor) {
    for (const auto& column : model.preprocessor->used()) used.push_back(column.name);
    for (const auto& column : model.preprocessor->left_out()) left_out.add(column.name, column.reason);
  }
  return JsonObject().add("used", used).add_json("left_out", left_out.text()).text();
}

std::string text_of_target(const io::Model& model) {
  if (!model.preprocessor) return "null";
  const data::Target& target = model.preprocessor->target();
  return JsonObject().add("column", target.column()).add("kind", data::name(target.kind())).text();
}

std::string to_json(const health::Treated& units) {
  JsonObject object;
  for (const auto& [layer, count] : units) object.add_count(layer, count);
  return object.text();
}

std::string to_json(const Fixed& fixed) {
  JsonObject object;
  object.add("model", fixed.path.string());
  object.add_json(fixed.how == Fix::revive ? "revived" : "removed", to_json(fixed.units));
  object.add_count("parameters_before", fixed.parameters_before).add_count("parameters", fixed.parameters);
  return object.add("largest_difference", fixed.largest_difference).text();
}

std::string to_json(const LayerState& layer, const Examination& e) {
  JsonObject object;
  object.add("layer", layer.name).add_count("units", layer.units);
  object.add("weight_rms", layer.weight_rms).add("gradient_rms", layer.gradient_rms);
  if (layer.activity) {
    for (const char* rule : {"dead_units", "near_dead_units", "always_on_layer", "saturated_units"})
      object.add_count(rule, e.count(layer, rule));
    object.add("sparsity", layer.activity->sparsity());
  }
  return object.text();
}

std::string variant_to_json(const Comparison& c, std::size_t i) {
  const std::vector<double> values = c.values(i, &ComparedRun::metric);
  const Mean metric = mean_of(values);
  JsonObject object;
  object.add("activation", c.activations[i]).add("mean", metric.mean).add("half_width", metric.half_width);
  object.add("values", values).add("loss", c.mean(i, &ComparedRun::loss)).add("best_epoch", c.mean_best_epoch(i));
  object.add("seconds_per_epoch", c.mean(i, &ComparedRun::seconds_per_epoch));
  object.add("dead_share", c.mean(i, &ComparedRun::dead_share));
  return object.add("sparsity", c.mean(i, &ComparedRun::sparsity)).text();
}

}  // namespace

std::string to_json(const Metrics& metrics, data::Task task) {
  JsonObject object;
  for (const auto& [name, value] : values(metrics, task)) object.add(name, value);
  return object.text();
}

std::string to_json(const std::vector<health::Finding>& findings, health::Voice voice) {
  std::vector<std::string> list;
  for (const health::Finding& f : findings) {
    JsonObject object, evidence;
    for (const auto& [key, value] : f.evidence) evidence.add(key, value);
    object.add("rule", f.rule).add("severity", health::name(f.severity)).add("layer", f.layer);
    object.add_json("units", fmt::format("[{}]", fmt::join(f.units, ","))).add_count("step", f.step);
    object.add_json("evidence", evidence.text()).add("cause", f.cause);
    list.push_back(object.add("remedy", health::to_string(f.remedy, voice)).text());
  }
  return json_list(list);
}

std::string Run::json(health::Voice voice) const {
  const auto part = [&](const PartMetrics& m) { return m ? to_json(*m, model.task) : std::string("null"); };
  const kernels::MatmulPrecision precision =
      kernels::has_bf16_matmul() ? options.precision : kernels::MatmulPrecision::highest;
  JsonObject object;
  object.add("task", data::name(model.task)).add("metric", main_metric(model.task));
  object.add_json("train", to_json(train, model.task)).add_json("valid", part(valid)).add_json("test", part(test));
  object.add_count("epochs", std::ssize(history.rows)).add_count("best_epoch", history.best_epoch);
  object.add("ending", to_text(history.ending)).add("seconds", history.seconds);
  object.add_json("seed", std::to_string(options.seed)).add("precision", name(precision));
  object.add_json("options", training::to_json(options));
  object.add("model", folder.empty() ? "" : (folder / "model.safetensors").string()).add("run", folder.string());
  object.add_json("target", text_of_target(model)).add_json("columns", text_of_columns(model));
  object.add_count("dropped_rows", dropped_rows).add("notes", notes);
  object.add_json("findings", to_json(history.findings, voice)).add("cures", history.cures);
  return object.text();
}

std::string Examination::json(health::Voice voice, std::string_view name, const Fixed* fixed) const {
  std::vector<std::string> rows;
  for (const LayerState& layer : layers) rows.push_back(to_json(layer, *this));
  JsonObject object, silent;
  for (const auto& [rule, reason] : not_judged) silent.add(rule, reason);
  object.add("model", name).add_json("enough_evidence", too_little_evidence().empty() ? "true" : "false");
  object.add_count("rows", std::ssize(trial.rows)).add_json("layers", json_list(rows));
  object.add_json("findings", to_json(findings, voice)).add_json("not_judged", silent.text());
  if (fixed) object.add_json("fixed", to_json(*fixed));
  return object.text();
}

std::string Comparison::json() const {
  std::vector<std::string> variants, compared, others;
  for (std::size_t i = 0; i < activations.size(); ++i) variants.push_back(variant_to_json(*this, i));
  for (const ComparedPair& p : pairs) {
    JsonObject pair;
    pair.add("a", activations[p.a]).add("b", activations[p.b]);
    compared.push_back(pair.add("difference", p.difference).add("p", p.p).text());
  }
  for (const std::size_t i : not_worse) others.push_back(activations[i]);
  JsonObject object;
  object.add("task", data::name(task)).add("metric", main_metric(task)).add("measured_on", measured_on);
  object.add_json("seed", std::to_string(runs.front().seed));
  object.add_count("seeds", std::ssize(runs) / std::ssize(activations)).add("seconds", seconds);
  object.add_json("variants", json_list(variants)).add_json("pairs", json_list(compared));
  object.add("best", activations[best]);
  object.add_json("winner", not_worse.empty() ? json_text(activations[best]) : "null");
  return object.add("not_worse", others).text();
}

std::string LrFindResult::json() const {
  JsonObject object;
  object.add("suggested", suggested).add("lowest_at", lowest_at);
  return object.add("rates", rates).add("losses", losses).text();
}

std::string to_json(const io::Model& model, const Metrics& metrics, std::string_view name,
                    const std::vector<std::string>& notes) {
  JsonObject object;
  object.add("task", data::name(model.task)).add("metric", main_metric(model.task)).add_count("rows", metrics.rows);
  object.add_json("test", to_json(metrics, model.task)).add("model", name);
  return object.add("notes", notes).text();
}

}  // namespace relume::training
