#include "relume/train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "relume/base/require.h"
#include "relume/base/rng.h"
#include "relume/health/dead_units.h"
#include "relume/health/unit_activity.h"
#include "relume/nn/loss.h"
#include "relume/optim/clip.h"
#include "relume/train/evaluate.h"
#include "relume/train/optimizer_by_name.h"

namespace relume::train {
namespace {

using Clock = std::chrono::steady_clock;
using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

// The gradient norm costs a pass over memory: where nothing clips, every so many steps is enough to watch it.
constexpr std::int64_t norm_interval = 16;

NamedTensors copies(const NamedTensors& tensors, const std::string& prefix = "") {
  NamedTensors result;
  for (const auto& [name, tensor] : tensors) result.emplace_back(prefix + name, tensor.detach().clone());
  return result;
}

/// Where the random numbers of a run's dropout begin: a stream of their own, whatever the process drew before.
Rng first_rng(const Options& options) { return Rng(options.seed).fork(1); }

/// The tensors whose names begin with the prefix, without it.
NamedTensors with_prefix(const NamedTensors& tensors, const std::string& prefix) {
  NamedTensors result;
  for (const auto& [name, tensor] : tensors)
    if (name.starts_with(prefix)) result.emplace_back(name.substr(prefix.size()), tensor);
  return result;
}

bool all_finite(const std::vector<Tensor>& parameters) {
  return std::all_of(parameters.begin(), parameters.end(), [](const Tensor& parameter) {
    const auto values = parameter.span<float>();
    return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
  });
}

/// w_k = n / (classes · n_k): rare classes weigh as much as common ones.
Tensor balanced_weights(const Tensor& classes, std::int64_t count) {
  std::vector<float> weights(static_cast<std::size_t>(count));
  for (const std::int64_t k : classes.span<std::int64_t>()) ++weights[static_cast<std::size_t>(k)];
  for (float& w : weights) w = w > 0 ? static_cast<float>(classes.elements()) / (static_cast<float>(count) * w) : 0;
  return from_vector(weights);
}

nlohmann::json row_to_json(const EpochRow& row) {
  return {row.epoch,          row.train_loss,
          row.valid.rows,     row.valid.loss,
          row.valid.accuracy, row.valid.f1_macro,
          row.valid.rmse,     row.valid.mae,
          row.valid.r2,       row.lr,
          row.grad_norm,      row.dead_share,
          row.seconds,        row.valid.auc ? nlohmann::json(*row.valid.auc) : nlohmann::json()};
}

EpochRow row_from_json(const nlohmann::json& j) {
  // JSON has no NaN and no infinity: what was not finite comes back as null.
  const auto number = [&j](std::size_t i) { return j.at(i).is_null() ? std::nan("") : j.at(i).get<double>(); };
  EpochRow row;
  row.epoch = j.at(0);
  row.train_loss = number(1);
  row.valid.rows = j.at(2);
  row.valid.loss = number(3);
  row.valid.accuracy = number(4);
  row.valid.f1_macro = number(5);
  row.valid.rmse = number(6);
  row.valid.mae = number(7);
  row.valid.r2 = number(8);
  row.lr = number(9);
  row.grad_norm = number(10);
  row.dead_share = number(11);
  row.seconds = number(12);
  if (!j.at(13).is_null()) row.valid.auc = number(13);
  return row;
}

/// Options that must be alike for a run to go on as it was.
nlohmann::json fingerprint(const io::Model& model, const Options& o, const data::Split& split) {
  return {{"layers", nn::to_string(model.layers)},
          {"features", model.features},
          {"outputs", model.outputs},
          {"epochs", o.epochs},
          {"batch", o.batch_size},
          {"optimizer", o.optimizer},
          {"lr", o.lr},
          {"momentum", o.momentum},
          {"nesterov", o.nesterov},
          {"weight_decay", o.weight_decay},
          {"schedule", optim::name(o.schedule)},
          {"warmup", o.warmup_steps},
          {"clip", o.clip_norm},
          {"patience", o.patience},
          {"min_delta", o.min_delta},
          {"label_smoothing", o.label_smoothing},
          {"balanced", o.balanced_classes},
          {"seed", o.seed},
          {"train_rows", split.train.size()},
          {"valid_rows", split.valid.size()}};
}

}  // namespace

struct Trainer::State {
  State(data::Batches b, const optim::ScheduleOptions& schedule_options)
      : batches(std::move(b)), schedule(schedule_options) {}

  data::Batches batches;
  optim::Schedule schedule;
  History history;
  Clock::time_point began = Clock::now();
  double seconds_before = 0;  // of the run that this one goes on with
  std::int64_t epoch = 0;     // finished ones
  std::int64_t next_batch = 0;
  double loss_sum = 0;  // of this epoch, each batch weighed by its rows
  std::int64_t loss_rows = 0;
  double norm_sum = 0;
  std::int64_t norm_count = 0;
  double best_loss = std::numeric_limits<double>::infinity();
  std::int64_t waited = 0;  // epochs since the best
  NamedTensors best, last;
  bool running = true;
  bool begun = false;  // the generator of dropout stands where this run left it
};

Trainer::Trainer(io::Model& model, data::Dataset dataset, data::Split split, const Options& options)
    : model_(model),
      dataset_(std::move(dataset)),
      split_(std::move(split)),
      options_(resolve(options, static_cast<std::int64_t>(split_.train.size()))) {
  require(model_.network != nullptr, "train: the model has no network; call build() first");
  parameters_ = model_.network->parameters();
  optimizer_ = make_optimizer(options_, parameters_);
  if (options_.balanced_classes && model_.task == data::Task::classification)
    class_weights_ = balanced_weights(targets(dataset_, split_.train), model_.outputs);
  data::Batches batches(dataset_, split_.train, {.size = options_.batch_size, .shuffle = true, .seed = options_.seed});
  optim::ScheduleOptions schedule;
  schedule.kind = options_.schedule;
  schedule.lr = options_.lr;
  schedule.epoch_steps = batches.size();
  schedule.total_steps = options_.epochs * batches.size();
  schedule.warmup_steps = options_.warmup_steps;
  state_ = std::make_unique<State>(std::move(batches), schedule);
}

Trainer::~Trainer() = default;

double Trainer::seconds() const {
  return state_->seconds_before + std::chrono::duration<double>(Clock::now() - state_->began).count();
}

Tensor Trainer::loss_of(const Tensor& output, const Tensor& target) const {
  if (model_.task == data::Task::regression) return nn::mse_loss(output, target);
  return nn::cross_entropy(output, target,
                           {.class_weights = class_weights_, .label_smoothing = options_.label_smoothing});
}

double Trainer::train_batch(data::Batch& batch) {
  State& s = *state_;
  optimizer_->zero_grad();
  const Tensor loss = loss_of((*model_.network)(batch.x), batch.y);
  const double value = loss.item<double>();
  if (!std::isfinite(value)) return value;
  loss.backward();
  double scale = 1;
  const std::int64_t step = optimizer_->steps();
  if (options_.clip_norm > 0 || step % norm_interval == 0) {
    const double norm = nn::grad_norm(parameters_);
    if (!std::isfinite(norm)) return norm;
    s.norm_sum += norm;
    ++s.norm_count;
    if (options_.clip_norm > 0 && norm > options_.clip_norm) scale = options_.clip_norm / (norm + 1e-6);
  }
  optimizer_->set_lr(s.schedule.rate(step));
  optimizer_->step(scale);
  return value;
}

void Trainer::train_epoch() {
  State& s = *state_;
  s.batches.set_epoch(s.epoch);
  model_.network->train();
  for (; s.next_batch < s.batches.size(); ++s.next_batch) {
    if (stop && *stop) {
      s.history.ending = Ending::interrupted;
      s.running = false;
      return;
    }
    data::Batch& batch = s.batches.batch(s.next_batch);
    const double loss = train_batch(batch);
    if (!std::isfinite(loss)) {
      s.history.ending = Ending::not_finite;
      s.running = false;
      return;
    }
    s.loss_sum += loss * static_cast<double>(batch.x.size(0));
    s.loss_rows += batch.x.size(0);
    if (on_progress)
      on_progress({s.epoch + 1, options_.epochs, s.next_batch + 1, s.batches.size(),
                   s.loss_sum / static_cast<double>(s.loss_rows), optimizer_->lr(), seconds()});
  }
}

/// Validates, keeps what is best, and says whether to go on.
bool Trainer::end_epoch() {
  State& s = *state_;
  EpochRow row;
  row.epoch = ++s.epoch;
  row.train_loss = s.loss_sum / static_cast<double>(std::max<std::int64_t>(s.loss_rows, 1));
  if (!split_.valid.empty()) {
    const health::UnitActivity activity(*model_.network);
    row.valid = evaluate(model_, dataset_, split_.valid);
    row.dead_share = activity.dead_share();
  }
  row.lr = optimizer_->lr();
  row.grad_norm = s.norm_count > 0 ? s.norm_sum / static_cast<double>(s.norm_count) : 0;
  row.seconds = seconds();
  s.next_batch = s.loss_rows = s.norm_count = 0;
  s.loss_sum = s.norm_sum = 0;
  const double watched = split_.valid.empty() ? row.train_loss : row.valid.loss;
  // The epoch's last step can do this, without a batch after it that would show it.
  if (!std::isfinite(watched) || !all_finite(parameters_)) {
    s.history.ending = Ending::not_finite;
    s.history.rows.push_back(row);
    if (on_epoch) on_epoch(row);
    return false;
  }
  s.schedule.observe(watched);
  ++s.waited;
  if (watched < s.best_loss * (1 - options_.min_delta) || split_.valid.empty()) {
    s.best_loss = watched;
    s.waited = 0;
    s.history.best_epoch = s.epoch;
    remember_best();
  }
  s.history.rows.push_back(row);
  if (on_epoch) on_epoch(row);
  if (s.waited >= options_.patience) {
    s.history.ending = Ending::early;
    return false;
  }
  return s.epoch < options_.epochs;
}

void Trainer::remember_best() {
  if (state_->best.empty())
    state_->best = copies(model_.network->state());
  else
    for (std::size_t i = 0; auto& [name, tensor] : model_.network->state())
      state_->best[i++].second.copy_(tensor.detach());
}

History Trainer::run() {
  State& s = *state_;
  s.began = Clock::now();
  if (!s.begun) default_rng() = first_rng(options_);
  s.begun = true;
  if (s.best.empty()) remember_best();
  while (s.running && s.epoch < options_.epochs) {
    train_epoch();
    if (!s.running) break;
    if (!end_epoch()) s.running = false;
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
  if (s.history.ending == Ending::not_finite) {
    health::Finding finding;
    finding.rule = "exploding_gradient";
    finding.severity = health::Severity::error;
    finding.step = optimizer_->steps();
    finding.evidence = {{"step", static_cast<double>(optimizer_->steps())}, {"lr", optimizer_->lr()}};
    finding.cause =
        fmt::format("the loss or a gradient stopped being a number at step {} with a learning rate of {:.3g}.",
                    optimizer_->steps(), optimizer_->lr());
    finding.remedy = "The best weights from before were kept. Try a smaller --lr or --clip 1.";
    s.history.findings.push_back(std::move(finding));
  }
  s.last = copies(model_.network->state());
  if (s.history.ending != Ending::interrupted || !all_finite(parameters_)) model_.network->load_state(s.best);
  std::vector<std::int64_t> window = split_.valid;
  for (std::size_t i = 0; i < split_.train.size() && window.size() < 1000; ++i) window.push_back(split_.train[i]);
  const health::UnitActivity activity(*model_.network);
  outputs(*model_.network, dataset_, window);
  for (health::Finding& finding : health::find_dead_units(activity, optimizer_->steps()))
    s.history.findings.push_back(std::move(finding));
}

const NamedTensors& Trainer::last_weights() const { return state_->last; }

io::Checkpoint Trainer::checkpoint() const {
  const State& s = *state_;
  io::Checkpoint result;
  for (auto& part :
       {copies(model_.network->state(), "model."), copies(s.best, "best."), copies(optimizer_->state(), "optimizer.")})
    result.tensors.insert(result.tensors.end(), part.begin(), part.end());
  nlohmann::json rows = nlohmann::json::array();
  for (const EpochRow& row : s.history.rows) rows.push_back(row_to_json(row));
  const auto& memory = s.schedule.memory();
  const bool has_best = std::isfinite(s.best_loss);
  result.state = nlohmann::json{
      {"options", fingerprint(model_, options_, split_)},
      {"epoch", s.epoch},
      {"next_batch", s.next_batch},
      {"loss_sum", s.loss_sum},
      {"loss_rows", s.loss_rows},
      {"norm_sum", s.norm_sum},
      {"norm_count", s.norm_count},
      {"best_loss", has_best ? nlohmann::json(s.best_loss) : nlohmann::json()},
      {"best_epoch", s.history.best_epoch},
      {"waited", s.waited},
      {"seconds", seconds()},
      {"steps", optimizer_->steps()},
      {"lr", optimizer_->lr()},
      {"schedule", {memory.factor, memory.best, memory.waited}},
      {"rng", (s.begun ? default_rng() : first_rng(options_)).state()},
      {"rows", rows}}.dump();
  return result;
}

void Trainer::restore(const io::Checkpoint& checkpoint) {
  State& s = *state_;
  try {
    const nlohmann::json j = nlohmann::json::parse(checkpoint.state);
    const nlohmann::json mine = fingerprint(model_, options_, split_);
    for (const auto& [key, value] : mine.items())
      require<InputError>(j.at("options").at(key) == value,
                          "resume: the run had {} = {}, this one has {}; give the same options or start a new run", key,
                          j.at("options").at(key).dump(), value.dump());
    model_.network->load_state(with_prefix(checkpoint.tensors, "model."));
    s.best = copies(with_prefix(checkpoint.tensors, "best."));
    optimizer_->load_state(with_prefix(checkpoint.tensors, "optimizer."), j.at("steps"));
    optimizer_->set_lr(j.at("lr"));
    s.epoch = j.at("epoch");
    s.next_batch = j.at("next_batch");
    s.loss_sum = j.at("loss_sum");
    s.loss_rows = j.at("loss_rows");
    s.norm_sum = j.at("norm_sum");
    s.norm_count = j.at("norm_count");
    if (!j.at("best_loss").is_null()) s.best_loss = j.at("best_loss");
    s.history.best_epoch = j.at("best_epoch");
    s.waited = j.at("waited");
    s.seconds_before = j.at("seconds");
    s.schedule.restore({j.at("schedule").at(0), j.at("schedule").at(1), j.at("schedule").at(2)});
    default_rng() = Rng::restore(j.at("rng"));
    s.begun = true;
    s.history.rows.clear();
    for (const auto& row : j.at("rows")) s.history.rows.push_back(row_from_json(row));
    s.running = s.waited < options_.patience;
  } catch (const nlohmann::json::exception& error) {
    fail<InputError>("resume: the checkpoint is damaged: {}", error.what());
  }
}

}  // namespace relume::train
