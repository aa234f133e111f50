#include "relume/train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "relume/base/parallel.h"
#include "relume/base/require.h"
#include "relume/base/rng.h"
#include "relume/health/unit_activity.h"
#include "relume/optim/clip.h"
#include "relume/optim/optimizer_table.h"
#include "relume/train/evaluate.h"
#include "relume/train/optimizer_by_name.h"
#include "relume/train/trainer_state.h"

namespace relume::training {
namespace {

/// A loss of so many times that of the first weights is an explosion, though it is finite.
constexpr double spoiled = 100;

bool all_finite(const std::vector<Tensor>& parameters) {
  return std::all_of(parameters.begin(), parameters.end(), [](const Tensor& parameter) {
    const auto values = parameter.span<float>();
    return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
  });
}

double largest_update(const std::vector<health::WeightCheck>& weights) {
  double largest = 0;
  for (const health::WeightCheck& weight : weights) largest = std::max(largest, weight.update_ratio);
  return largest;
}

}  // namespace

Trainer::Trainer(io::Model& model, data::Dataset dataset, data::Split split, const Options& options)
    : model_(model),
      dataset_(std::move(dataset)),
      split_(std::move(split)),
      options_(resolve(options, static_cast<std::int64_t>(split_.train.size()))) {
  require(model_.network != nullptr, "train: the model has no network; call build() first");
  const auto metrics = metric_names(model_.task);
  if (std::find(metrics.begin(), metrics.end(), options_.best_by) == metrics.end() ||
      (options_.best_by == "auc" && model_.outputs != 2))
    throw OptionError(
        {"best_by"},
        fmt::format("train: best_by {} does not measure this {}; the best epoch is found by {}", options_.best_by,
                    data::name(model_.task),
                    model_.task == data::Task::regression ? "loss, rmse, mae or r2"
                                                          : "loss, accuracy, f1_macro or, for two classes, auc"));
  parameters_ = model_.network->parameters();
  optimizer_ = make_optimizer(options_, parameters_);
  Objective objective(model_, dataset_, split_.train, options_);
  data::Batches batches(dataset_, split_.train, {.size = options_.batch_size, .shuffle = true, .seed = options_.seed});
  optim::ScheduleOptions schedule;
  schedule.kind = options_.schedule;
  schedule.lr = options_.lr;
  schedule.epoch_steps = batches.size();
  schedule.total_steps = options_.epochs * batches.size();
  schedule.warmup_steps = options_.warmup_steps;
  state_ = std::make_unique<State>(std::move(batches), schedule, std::move(objective));
  state_->layers_before = nn::to_string(model_.layers);
  state_->clip_norm = options_.clip_norm;
  health::MonitorOptions watch;
  watch.watch_units = false;  // the validation rows tell more, at no cost in training
  watch.thresholds = options_.thresholds;
  watch.full_lr = options_.lr;
  const Tensor trained_on = targets(dataset_, split_.train);
  watch.constant_loss = state_->objective.of_best_constant(trained_on, trained_on);
  if (!split_.valid.empty())
    watch.constant_valid_loss = state_->objective.of_best_constant(trained_on, targets(dataset_, split_.valid));
  watch.in_loop = false;
  // Elsewhere it is one summand of a gradient.
  if (optim::find_optimizer(options_.optimizer).info.takes_decay_off_weights)
    watch.weight_decay = options_.weight_decay;
  state_->monitor = std::make_unique<health::Monitor>(*model_.network, *optimizer_, watch);
  state_->monitor->on_finding = [this](const health::Finding& finding) {
    state_->exploding = state_->exploding || finding.rule == "exploding_gradient";
    state_->told.insert(fmt::format("{}{}", finding.rule, finding.layer.empty() ? "" : "(" + finding.layer + ")"));
    if (on_finding) on_finding(finding);
  };
  watch_inputs();
  begin_pruning();
  if (options_.sparsity > 0) ActivityPenalty(*model_.network, options_.sparsity);  // says what is wrong with it
}

Trainer::~Trainer() = default;

double Trainer::seconds() const {
  return state_->seconds_before +
         std::chrono::duration<double>(std::chrono::steady_clock::now() - state_->began).count();
}

/// Whether anything but the optimizer looks at the gradients of the next step. Those of an epoch's last one are for
/// on_epoch, which draws them.
bool Trainer::needs_gradients() const {
  const bool last = state_->next_batch + 1 == state_->batches.size();
  return last || options_.clip_value > 0 || options_.clip_adaptive > 0 || state_->clip_norm > 0 ||
         state_->monitor->is_due();
}

double Trainer::train_batch(data::Batch& batch) {
  State& s = *state_;
  optimizer_->zero_grad();
  Tensor loss = s.objective((*model_.network)(batch.x), batch.y);
  const double value = loss.item<double>();
  if (s.penalty) loss = s.penalty->added_to(loss);
  if (!std::isfinite(value)) {
    s.monitor->report_not_finite();
    return value;
  }
  optimizer_->set_lr(s.schedule.rate(optimizer_->steps()) * s.lr_factor);
  if (!needs_gradients()) {
    s.monitor->begin_step(value);
    optimizer_->step_in_backward(loss);
    s.monitor->end_step();
    return value;
  }
  loss.backward();
  if (options_.clip_value > 0) nn::clip_grad_value(parameters_, options_.clip_value);
  if (options_.clip_adaptive > 0) nn::clip_grad_adaptive(parameters_, options_.clip_adaptive);
  if (!s.monitor->step(value, s.clip_norm)) return std::nan("");
  if (const double norm = s.monitor->gradient_norm(); !std::isnan(norm)) {
    s.norm_sum += norm;
    ++s.norm_count;
  }
  return value;
}

/// Whether a second thread has nothing to do in a step, and a batch is more to gather than it costs to ask for it (some
/// 2 µs).
bool Trainer::gathers_ahead() const {
  constexpr std::int64_t shared_parameter = 1 << 16, shared_product = 1 << 22, worth_asking = 1 << 15;
  if (num_threads() < 2 || options_.batch_size * model_.features < worth_asking) return false;
  return std::all_of(parameters_.begin(), parameters_.end(), [&](const Tensor& p) {
    return p.elements() <= shared_parameter && p.elements() * options_.batch_size < shared_product;
  });
}

void Trainer::train_epoch() {
  State& s = *state_;
  const bool ahead = gathers_ahead();
  s.batches.set_epoch(s.epoch);
  model_.network->train();
  if (options_.sparsity > 0) s.penalty = std::make_unique<ActivityPenalty>(*model_.network, options_.sparsity);
  while (s.next_batch < s.batches.size()) {
    if (stop && *stop) {
      s.history.ending = Ending::interrupted;
      s.running = false;
      return;
    }
    data::Batch& batch = s.batches.batch(s.next_batch);
    double loss = 0;
    const auto step = [&] { loss = train_batch(batch); };
    if (ahead)
      s.batches.gather_during(s.next_batch + 1, step);
    else
      step();
    if (s.pruning) s.pruning->after_step(optimizer_->steps());
    ++s.next_batch;
    if ((!std::isfinite(loss) || s.exploding) && recover()) continue;
    if (!std::isfinite(loss)) {
      s.history.ending = Ending::not_finite;
      s.running = false;
      return;
    }
    s.loss_sum += loss * static_cast<double>(batch.x.size(0));
    s.loss_rows += batch.x.size(0);
    if (on_progress)
      on_progress({s.epoch + 1, options_.epochs, s.next_batch, s.batches.size(),
                   s.loss_sum / static_cast<double>(s.loss_rows), optimizer_->lr(), seconds()});
  }
}

/// Validates, keeps what is best, and says whether to go on.
bool Trainer::end_epoch() {
  State& s = *state_;
  EpochRow row;
  row.epoch = ++s.epoch;
  row.train_loss = s.loss_sum / static_cast<double>(std::max<std::int64_t>(s.loss_rows, 1));
  health::UnitActivity activity(*model_.network);
  if (!split_.valid.empty()) {
    row.valid = evaluate(model_, dataset_, split_.valid);
    row.dead_share = activity.dead_share();
    s.monitor->look_at(activity);
  }
  if (const auto& checks = s.monitor->measurements().checks; !checks.empty()) row.weights = checks.back().weights;
  row.update_ratio = largest_update(row.weights);
  row.lr = optimizer_->lr();
  row.grad_norm = s.norm_count > 0 ? s.norm_sum / static_cast<double>(s.norm_count) : 0;
  row.seconds = seconds();
  s.next_batch = s.loss_rows = s.norm_count = 0;
  s.loss_sum = s.norm_sum = 0;
  const double watched = split_.valid.empty() ? row.train_loss : row.valid.loss;
  // The epoch's last step can do this, without a batch after it that would show it.
  const bool finite = std::isfinite(watched) && all_finite(parameters_);
  if (!finite) s.monitor->report_not_finite();
  if (!finite || watched > spoiled * s.start_loss) {
    const bool recovered = recover();
    if (!finite || recovered) {
      look_for_findings(row);
      s.history.rows.push_back(row);
      if (on_epoch) on_epoch(row);
      if (!recovered) s.history.ending = Ending::not_finite;
      return recovered && s.epoch < options_.epochs;
    }
  }
  s.monitor->end_epoch(row.train_loss, row.valid.rows > 0 ? std::optional(row.valid.loss) : std::nullopt);
  s.schedule.observe(watched);
  ++s.waited;
  // What had more weights in the epoch before is no measure of it.
  const bool was_pruned = !s.pruning || s.pruning->is_complete(optimizer_->steps() - s.batches.size());
  if (const double now = score(row); is_better(now) || split_.valid.empty() || !was_pruned) {
    s.best_score = now;
    s.waited = 0;
    s.history.best_epoch = s.epoch;
    remember_best();
  }
  const std::vector<health::Finding> news = look_for_findings(row);
  s.history.rows.push_back(row);
  if (on_epoch) on_epoch(row);
  for (const health::Finding& finding : news)
    if (on_finding) on_finding(finding);
  if (s.waited >= options_.patience) {
    s.history.ending = Ending::early;
    return false;
  }
  if (!treat_dead_units(activity)) {
    s.history.ending = Ending::dead_units;
    return false;
  }
  return s.epoch < options_.epochs;
}

double Trainer::score(const EpochRow& row) const {
  return split_.valid.empty() ? row.train_loss : cost(row.valid, options_.best_by);
}

bool Trainer::is_better(double score) const {
  const double best = state_->best_score;
  return std::isfinite(best) ? score < best - options_.min_delta * std::fabs(best) : score < best;
}

void Trainer::remember_best() {
  if (state_->best.empty())
    state_->best = copies(model_.network->state());
  else
    for (std::size_t i = 0; auto& [name, tensor] : model_.network->state())
      state_->best[i++].second.copy_(tensor.detach());
}

/// From the weights as they are: of a run that is gone on with some are 0.
void Trainer::begin_pruning() {
  if (options_.prune > 0)
    state_->pruning =
        std::make_unique<Pruning>(*model_.network, options_.prune, options_.epochs * state_->batches.size());
}

History Trainer::run() {
  const kernels::MatmulPrecisionScope precision(options_.precision);
  State& s = *state_;
  s.began = std::chrono::steady_clock::now();
  if (!s.begun) {
    default_rng() = first_rng(options_);
    look_before_first_step();
  }
  s.begun = true;
  if (!s.last.empty()) model_.network->load_state(s.last);
  s.last.clear();
  begin_pruning();
  if (s.best.empty()) {
    remember_best();
    // What a cure goes back to must be better than where the run began.
    if (options_.on_explode != OnExplode::stop && !split_.valid.empty()) {
      const Metrics start = evaluate(model_, dataset_, split_.valid);
      s.start_loss = start.loss;
      s.best_score = cost(start, options_.best_by);
    }
  }
  while (s.running && s.epoch < options_.epochs) {
    train_epoch();
    s.penalty.reset();
    if (!s.running) break;
    if (!end_epoch()) s.running = false;
    if (s.pruning) s.pruning->apply();
    if (on_checkpoint) on_checkpoint();
  }
  if (s.history.ending == Ending::interrupted && on_checkpoint) on_checkpoint();
  s.history.seconds = seconds();
  finish();
  return s.history;
}

/// Leaves the best weights in the model and looks at its health.
void Trainer::finish() {
  State& s = *state_;
  s.last = copies(model_.network->state());
  model_.network->load_state(s.best);
  health::UnitActivity activity(*model_.network);
  const kernels::MatmulPrecisionScope exact(kernels::MatmulPrecision::highest);  // as all that measures the model later
  const Tensor y = outputs(*model_.network, dataset_, window());
  s.history.valid = measure(model_, y.slice(0, 0, std::ssize(split_.valid)), targets(dataset_, split_.valid));
  // A run that is gone on with must not remember a look that it would not have taken without the interruption.
  const health::MonitorState before = s.monitor->state();
  s.monitor->look_at(activity);
  s.monitor->look_at_answers(health::measure_answers(y, targets(dataset_, window()), model_.labels));
  if (s.history.ending != Ending::interrupted) s.monitor->end_run();
  s.history.findings = s.monitor->findings();
  s.history.weight_names = s.monitor->measurements().weight_names;
  s.history.activity = activity.layers();
  s.monitor->restore(before);
}

const NamedTensors& Trainer::last_weights() const { return state_->last; }

}  // namespace relume::training
