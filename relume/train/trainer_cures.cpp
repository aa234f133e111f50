// What a Trainer looks at, and what it does about a network that is not well.
#include <algorithm>
#include <cmath>
#include <limits>

#include "relume/base/require.h"
#include "relume/data/batches.h"
#include "relume/health/leaky.h"
#include "relume/health/revive.h"
#include "relume/train/evaluate.h"
#include "relume/train/trainer_state.h"

namespace relume::training {
namespace {

constexpr std::size_t window_rows = 1000;  // over which a unit's firing is counted
constexpr std::int64_t most_recoveries = 12;

/// The layers of which a share that calls for treatment is dead.
std::vector<health::LayerActivity> sick_layers(const health::UnitActivity& activity,
                                               const health::Thresholds& thresholds) {
  std::vector<health::LayerActivity> sick;
  for (const health::LayerActivity& layer : activity.layers())
    if (layer.rows >= thresholds.count(health::least_rows) &&
        layer.dead_share() >= thresholds[health::dead_share_warning])
      sick.push_back(layer);
  return sick;
}

/// The gradient's norm before it grew: the smallest that was measured.
double calm_norm(const std::vector<health::Check>& checks) {
  double calm = std::numeric_limits<double>::infinity();
  for (const health::Check& check : checks)
    if (check.gradient_norm > 0) calm = std::min(calm, check.gradient_norm);
  return std::isfinite(calm) ? calm : 1;
}

}  // namespace

void Trainer::log_cure(std::string text) {
  state_->history.cures.push_back(
      fmt::format("epoch {}, step {}: {}", std::max<std::int64_t>(state_->epoch, 1), optimizer_->steps(), text));
  if (on_cure) on_cure(state_->history.cures.back());
}

/// Images have corners that are always black, and a preprocessed table has been seen to already.
void Trainer::watch_inputs() {
  if (model_.preprocessor || model_.input_shape.dimensions() > 1) return;
  const Tensor& x = dataset_.features;
  if (x.dtype() == DType::float32 && x.dimensions() == 2) state_->monitor->look_at_inputs(x);
}

void Trainer::look_at(health::DataFacts facts) { state_->monitor->look_at_data(std::move(facts)); }

/// Units that are dead now were so before anything was learned.
void Trainer::look_before_first_step() {
  health::UnitActivity activity(*model_.network);
  std::vector<std::int64_t> rows = window();
  rows.resize(std::min(rows.size(), window_rows));
  outputs(*model_.network, dataset_, rows);
  state_->monitor->look_at_start(activity);
}

std::vector<health::Finding> Trainer::look_for_findings(EpochRow& row) {
  State& s = *state_;
  std::vector<health::Finding> news;
  for (health::Finding& finding : s.monitor->findings()) {
    if (finding.severity == health::Severity::info) continue;
    const std::string name = finding.layer.empty() ? finding.rule : fmt::format("{}({})", finding.rule, finding.layer);
    row.findings += (row.findings.empty() ? "" : " ") + name;
    if (s.told.insert(name).second) news.push_back(std::move(finding));
  }
  return news;
}

/// The validation rows, topped up with training rows to a thousand.
std::vector<std::int64_t> Trainer::window() const {
  std::vector<std::int64_t> rows = split_.valid;
  for (std::size_t i = 0; i < split_.train.size() && rows.size() < window_rows; ++i) rows.push_back(split_.train[i]);
  return rows;
}

/// Looks for dead units, given what they did on the validation rows, and treats them. False where the run is to end.
bool Trainer::treat_dead_units(health::UnitActivity& activity) {
  State& s = *state_;
  if (options_.on_dead == OnDead::report || s.epoch >= options_.epochs) return true;
  const health::Thresholds& thresholds = s.monitor->thresholds();
  if (!split_.valid.empty() && activity.dead_share() == 0) return true;
  // What is dead on the validation rows may be alive on others.
  std::vector<std::int64_t> more = window();
  more.erase(more.begin(), more.begin() + static_cast<std::ptrdiff_t>(split_.valid.size()));
  if (!more.empty()) outputs(*model_.network, dataset_, more);
  const std::vector<health::LayerActivity> sick = sick_layers(activity, thresholds);
  if (options_.on_dead == OnDead::stop)
    return std::none_of(sick.begin(), sick.end(),
                        [&](const auto& layer) { return layer.dead_share() >= thresholds[health::dead_share_error]; });
  if (options_.on_dead == OnDead::revive)
    revive(sick);
  else if (!sick.empty())
    make_leaky(sick);
  return true;
}

void Trainer::revive(const std::vector<health::LayerActivity>& sick) {
  State& s = *state_;
  std::vector<std::int64_t> rows = window();
  rows.resize(std::min(rows.size(), window_rows));
  data::Batch batch;
  if (!sick.empty()) data::gather(dataset_, rows, batch);
  Rng rng = Rng(options_.seed).fork(static_cast<std::uint64_t>(s.epoch) + 1000);
  std::vector<std::string> revived;
  bool again = false;
  if (!sick.empty())
    for (const auto& [layer, units] : health::revive(*model_.network, sick, batch.x, optimizer_.get(), rng)) {
      again = again || std::find(s.revived.begin(), s.revived.end(), layer) != s.revived.end();
      revived.push_back(layer);
      log_cure(fmt::format("revived {} units of {}", units, layer));
    }
  // Units that die again are killed by something, and steps that are too large do that.
  if (again) {
    s.lr_factor /= 2;
    log_cure(fmt::format("they had died again: the learning rate is now {:g} of the schedule's", s.lr_factor));
  }
  if (!revived.empty()) s.waited = 0;
  s.revived = std::move(revived);
}

void Trainer::make_leaky(const std::vector<health::LayerActivity>& sick) {
  State& s = *state_;
  std::vector<std::string> names;
  for (const health::LayerActivity& layer : sick) {
    names.push_back(layer.layer);
    log_cure(fmt::format("{}, of whose {} units {} were dead, became leaky_relu", layer.layer, layer.fired.size(),
                         layer.dead_units().size()));
  }
  health::make_leaky(*model_.network, model_.layers, names);
  // The best weights so far were good with the old activation.
  s.best_score = std::numeric_limits<double>::infinity();
  s.waited = 0;
  s.history.best_epoch = s.epoch;
  remember_best();
}

/// Goes back to the best weights after an explosion, since the last ones may be finite and spoiled all the same, and
/// changes what led to it. False where that was not asked for, or did not help too often.
bool Trainer::recover() {
  State& s = *state_;
  if (options_.on_explode == OnExplode::stop || s.recoveries >= most_recoveries) return false;
  ++s.recoveries;
  s.exploding = false;
  model_.network->load_state(s.best);
  for (const auto& [name, buffer] : optimizer_->state()) Tensor(buffer).zero_();
  if (options_.on_explode == OnExplode::backoff) {
    s.lr_factor /= 4;
    log_cure(
        fmt::format("the gradient exploded: back to the best weights so far, the learning rate is now {:g} of the "
                    "schedule's",
                    s.lr_factor));
  } else {
    s.clip_norm = s.clip_norm > 0 ? s.clip_norm / 4 : calm_norm(s.monitor->measurements().checks);
    log_cure(
        fmt::format("the gradient exploded: back to the best weights so far, gradients are clipped to a norm of {:.3g}",
                    s.clip_norm));
  }
  s.monitor->begin_again("Mended: " + s.history.cures.back() + ".");
  return true;
}

}  // namespace relume::training
