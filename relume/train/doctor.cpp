#include "relume/train/doctor.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "relume/base/require.h"
#include "relume/data/batches.h"
#include "relume/health/remove_units.h"
#include "relume/health/rule.h"
#include "relume/io/layer_facts.h"
#include "relume/nn/linear.h"
#include "relume/train/evaluate.h"

namespace relume::training {
namespace {

constexpr std::size_t gradient_rows = 256;  // on which the gradient is measured
constexpr std::size_t revive_rows = 1000;   // which revived units are fitted to

double rms(const Tensor& tensor) {
  if (!tensor.defined()) return 0;
  double sum = 0;
  for (const double v : tensor.to_vector<double>()) sum += v * v;
  return std::sqrt(sum / static_cast<double>(tensor.elements()));
}

/// At most that many of the rows, with their targets.
data::Batch first_rows(const io::Trial& trial, std::size_t most) {
  return data::gather(trial.dataset, std::span(trial.rows).first(std::min(trial.rows.size(), most)));
}

/// Leaves the gradient of the loss on the first rows in the parameters. Returns whether all of it is finite.
bool measure_gradient(const io::Model& model, const io::Trial& trial) {
  const data::Batch batch = first_rows(trial, gradient_rows);
  for (const Tensor& parameter : model.network->parameters()) parameter.set_grad({});
  const Tensor loss = loss_of(model)((*model.network)(batch.x), batch.y);
  loss.backward();
  double sum = loss.item<double>();
  for (const Tensor& parameter : model.network->parameters()) sum += rms(parameter.grad());
  return std::isfinite(sum);
}

std::vector<LayerState> layer_states(const io::Model& model, const std::vector<health::LayerActivity>& activity) {
  std::vector<LayerState> states;
  const auto named = health::named_activations(*model.network);
  for (const auto& [name, module] : model.network->children()) {
    if (const nn::Linear* linear = module->as_linear())
      states.push_back({.name = "linear " + name,
                        .units = linear->out_features(),
                        .weight_rms = rms(linear->weight),
                        .gradient_rms = rms(linear->weight.grad())});
    for (std::size_t i = 0; i < named.size(); ++i)
      if (named[i].second == module && !states.empty()) {
        states.back().name = named[i].first;
        states.back().activity = activity[i];
      }
  }
  return states;
}

/// Takes the dead units out, or gives them a new beginning.
health::Treated treat(io::Model& model, const Examination& e, Fix how) {
  if (how == Fix::revive) {
    Rng rng(0);
    return health::revive(*model.network, e.measurements.activity, first_rows(e.trial, revive_rows).x, nullptr, rng);
  }
  health::Smaller smaller =
      health::remove_dead_units(*model.network, model.layers, e.measurements.activity, model.features);
  model.network = smaller.network;
  model.layers = smaller.architecture;
  return smaller.removed;
}

}  // namespace

bool Examination::is_healthy() const {
  return std::ranges::all_of(findings, [](const auto& f) { return f.severity == health::Severity::info; });
}

std::string Examination::too_little_evidence() const {
  const bool few = std::ranges::any_of(measurements.activity, [&](const health::LayerActivity& layer) {
    return layer.rows > 0 && layer.rows < thresholds.count(health::least_rows);
  });
  if (!few) return {};
  return fmt::format("not enough evidence: {} rows, a verdict on the units takes {}",
                     measurements.activity.front().rows, thresholds.count(health::least_rows));
}

std::int64_t Examination::count(const LayerState& layer, std::string_view rule) const {
  health::Thresholds all = thresholds;
  health::set_threshold(all, "always_on_share", 0);  // the count is wanted where the rule is still silent
  for (const health::Rule& r : health::rules())
    if (r.name == rule)
      for (const health::Finding& finding : r.judge(measurements, all).findings)
        if (layer.activity && finding.layer == layer.activity->layer)
          return static_cast<std::int64_t>(finding.units.size());
  return 0;
}

void Fixed::save(const std::filesystem::path& file) {
  model.save(file);
  path = file;
}

Fixed Examination::fix(Fix how) const {
  Fixed fixed{.model = model.clone(), .how = how};
  const auto outputs_of = [&](const io::Model& m) {
    return outputs(*m.network, trial.dataset, trial.rows).to_vector<double>();
  };
  const std::vector<double> before = outputs_of(model);
  fixed.units = treat(fixed.model, *this, how);
  const std::vector<double> after = outputs_of(fixed.model);
  double largest = 1;
  for (std::size_t i = 0; i < before.size(); ++i) {
    fixed.largest_difference = std::max(fixed.largest_difference, std::fabs(before[i] - after[i]));
    largest = std::max(largest, std::fabs(before[i]));
  }
  require<Error>(fixed.largest_difference <= 1e-5 * largest, "doctor: the mended network differs by {:.3g}",
                 fixed.largest_difference);
  fixed.parameters_before = model.network->parameter_count();
  fixed.parameters = fixed.model.network->parameter_count();
  return fixed;
}

Examination examine(const io::Model& model, io::Trial trial, const health::Thresholds& thresholds) {
  Examination e{.model = model, .trial = std::move(trial), .thresholds = thresholds};
  const Tensor y = [&] {
    const health::UnitActivity activity(*model.network);
    Tensor outputs_of_rows = outputs(*model.network, e.trial.dataset, e.trial.rows);
    e.measurements.activity = activity.layers();
    return outputs_of_rows;
  }();
  // Preprocessing has seen to the columns of a table already, and corners of images are always black.
  const Tensor& x = e.trial.dataset.features;
  if (!model.preprocessor && model.input_shape.dimensions() <= 1 && x.dtype() == DType::float32 && x.dimensions() == 2)
    e.measurements.inputs = health::measure_columns(x);
  if (!measure_gradient(model, e.trial)) e.measurements.not_finite_step = 0;
  e.measurements.answers = health::measure_answers(y, targets(e.trial.dataset, e.trial.rows), model.labels);
  e.layers = layer_states(model, e.measurements.activity);
  e.findings = health::judge(e.measurements, thresholds);
  for (const health::Rule& rule : health::rules())
    if (std::string reason = rule.judge(e.measurements, thresholds).cannot_judge; !reason.empty())
      e.not_judged.emplace_back(rule.name, std::move(reason));
  return e;
}

}  // namespace relume::training
