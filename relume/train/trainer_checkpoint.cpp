// What a run is gone on with: all that a Trainer remembers, as tensors and JSON.
#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "relume/base/require.h"
#include "relume/base/rng.h"
#include "relume/data/parse_json.h"
#include "relume/health/leaky.h"
#include "relume/train/data_fingerprint.h"
#include "relume/train/option_table.h"
#include "relume/train/trainer_state.h"

namespace relume::training {
namespace {

/// The tensors whose names begin with the prefix, without it.
NamedTensors with_prefix(const NamedTensors& tensors, const std::string& prefix) {
  NamedTensors result;
  for (const auto& [name, tensor] : tensors)
    if (name.starts_with(prefix)) result.emplace_back(name.substr(prefix.size()), tensor);
  return result;
}

nlohmann::json row_to_json(const EpochRow& row) {
  nlohmann::json weights = nlohmann::json::array();
  for (const health::WeightCheck& w : row.weights) weights.push_back({w.gradient_rms, w.update_ratio});
  return {row.epoch,
          row.train_loss,
          row.valid.rows,
          row.valid.loss,
          row.valid.accuracy,
          row.valid.f1_macro,
          row.valid.rmse,
          row.valid.mae,
          row.valid.r2,
          row.lr,
          row.grad_norm,
          row.dead_share,
          row.seconds,
          row.valid.auc ? nlohmann::json(*row.valid.auc) : nlohmann::json(),
          row.update_ratio,
          row.findings,
          weights};
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
  row.update_ratio = number(14);
  row.findings = j.at(15);
  for (const auto& w : j.at(16))
    row.weights.push_back({w.at(0).is_null() ? std::nan("") : w.at(0).get<double>(),
                           w.at(1).is_null() ? std::nan("") : w.at(1).get<double>()});
  return row;
}

/// Makes the same layers leaky that a run had made so when its checkpoint was taken.
void repeat_leaky(io::Model& model, const std::vector<nn::LayerSpec>& layers) {
  for (std::size_t i = 0; i < std::min(layers.size(), model.layers.size()); ++i) {
    if (layers[i].name == model.layers[i].name) continue;
    for (const auto& [name, activate] : health::named_activations(*model.network))
      if (activate == &(*model.network)[i])
        health::make_leaky(*model.network, model.layers, std::vector<std::string>{name});
  }
}

/// What must be alike for a run to go on as it was: the network, the number of rows, and how it is trained.
nlohmann::json fingerprint(const io::Model& model, const std::string& layers, const Options& o,
                           const data::Split& split) {
  nlohmann::json record = {{"layers", layers},
                           {"features", model.features},
                           {"outputs", model.outputs},
                           {"train_rows", split.train.size()},
                           {"valid_rows", split.valid.size()}};
  const nlohmann::json options = nlohmann::json::parse(to_json(o));
  for (const TrainOption& option : train_options())
    if (const std::string name(option.name); !option.of_data) record[name] = options[name];
  return record;
}

/// What a file holds of the best weights fits the network that it is for.
void check_best(const NamedTensors& best, const NamedTensors& own) {
  if (best.empty()) return;
  bool alike = best.size() == own.size();
  for (std::size_t i = 0; alike && i < own.size(); ++i)
    alike = best[i].first == own[i].first && best[i].second.shape() == own[i].second.shape() &&
            best[i].second.dtype() == own[i].second.dtype();
  require<InputError>(alike, "resume: the checkpoint's best weights are not this network's; is it damaged?");
}

constexpr auto most_endings = static_cast<std::int64_t>(Ending::dead_units);

std::int64_t from_zero_to(std::int64_t most, const nlohmann::json& j, const char* key) {
  const auto value = j.at(key).get<std::int64_t>();
  require<InputError>(value >= 0 && value <= most, "resume: the checkpoint is damaged: {} is {}", key, value);
  return value;
}

}  // namespace

NamedTensors copies(const NamedTensors& tensors, const std::string& prefix) {
  NamedTensors result;
  for (const auto& [name, tensor] : tensors) result.emplace_back(prefix + name, tensor.detach().clone());
  return result;
}

io::Checkpoint Trainer::checkpoint() const {
  State& s = *state_;
  if (s.data_fingerprint.empty()) s.data_fingerprint = data_fingerprint(model_, dataset_, split_);
  io::Checkpoint result;
  for (auto& part : {copies(s.last.empty() ? model_.network->state() : s.last, "model."), copies(s.best, "best."),
                     copies(optimizer_->state(), "optimizer.")})
    result.tensors.insert(result.tensors.end(), part.begin(), part.end());
  const health::MonitorState monitor = s.monitor->state();
  for (auto& part : copies(monitor.tensors, "monitor.")) result.tensors.push_back(std::move(part));
  nlohmann::json rows = nlohmann::json::array();
  for (const EpochRow& row : s.history.rows) rows.push_back(row_to_json(row));
  const auto& memory = s.schedule.memory();
  const bool has_best = std::isfinite(s.best_score);
  const bool is_over = !s.running && s.history.ending != Ending::interrupted;
  result.state = nlohmann::json{
      {"options", fingerprint(model_, s.layers_before, options_, split_)},
      {"data", s.data_fingerprint},
      {"epoch", s.epoch},
      {"next_batch", s.next_batch},
      {"loss_sum", s.loss_sum},
      {"loss_rows", s.loss_rows},
      {"norm_sum", s.norm_sum},
      {"norm_count", s.norm_count},
      {"best_score", has_best ? nlohmann::json(s.best_score) : nlohmann::json()},
      {"start_loss", std::isfinite(s.start_loss) ? nlohmann::json(s.start_loss) : nlohmann::json()},
      {"best_epoch", s.history.best_epoch},
      {"waited", s.waited},
      {"ending", is_over ? nlohmann::json(static_cast<int>(s.history.ending)) : nlohmann::json()},
      {"seconds", seconds()},
      {"steps", optimizer_->steps()},
      {"lr", optimizer_->lr()},
      {"schedule", {memory.factor, memory.best, memory.waited}},
      {"lr_factor", s.lr_factor},
      {"clip_norm", s.clip_norm},
      {"recoveries", s.recoveries},
      {"revived", s.revived},
      {"monitor", monitor.text},
      {"cures", s.history.cures},
      {"layers", nn::to_string(model_.layers)},
      {"rng", (s.begun ? default_rng() : first_rng(options_)).state()},
      {"rows", rows}}.dump();
  return result;
}

void Trainer::restore(const io::Checkpoint& checkpoint) {
  State& s = *state_;
  try {
    const nlohmann::json j = data::parse_json(checkpoint.state);
    const nlohmann::json mine = fingerprint(model_, s.layers_before, options_, split_);
    const nlohmann::json usual = nlohmann::json::parse(to_json(Options{}));
    const nlohmann::json& recorded = j.at("options");
    require<InputError>(recorded.is_object(), "resume: the checkpoint is damaged: its options are {}", recorded.dump());
    for (const auto& [key, value] : mine.items()) {
      // An option that the run did not know yet is as it is by default.
      const nlohmann::json& theirs = recorded.contains(key) ? recorded : usual;
      require<InputError>(theirs.at(key) == value,
                          "resume: the run had {} = {}, this one has {}; give the same options or start a new run", key,
                          theirs.at(key).dump(), value.dump());
    }
    require<InputError>(j.at("data") == data_fingerprint(model_, dataset_, split_),
                        "resume: the data is not what the run began with: values, labels, rows or their order differ; "
                        "give the same data or start a new run");
    model_.network->load_state(with_prefix(checkpoint.tensors, "model."));
    repeat_leaky(model_, nn::parse_architecture(j.at("layers").get<std::string>()));
    s.lr_factor = j.at("lr_factor");
    s.clip_norm = j.at("clip_norm");
    s.recoveries = j.at("recoveries");
    s.revived = j.at("revived");
    s.history.cures = j.at("cures");
    s.monitor->restore({with_prefix(checkpoint.tensors, "monitor."), j.at("monitor").get<std::string>()});
    s.best = copies(with_prefix(checkpoint.tensors, "best."));
    check_best(s.best, model_.network->state());
    optimizer_->load_state(with_prefix(checkpoint.tensors, "optimizer."), j.at("steps"));
    optimizer_->set_lr(j.at("lr"));
    s.epoch = from_zero_to(options_.epochs, j, "epoch");
    s.next_batch = from_zero_to(s.batches.size(), j, "next_batch");
    s.loss_sum = j.at("loss_sum");
    s.loss_rows = j.at("loss_rows");
    s.norm_sum = j.at("norm_sum");
    s.norm_count = j.at("norm_count");
    if (!j.at("best_score").is_null()) s.best_score = j.at("best_score");
    if (!j.at("start_loss").is_null()) s.start_loss = j.at("start_loss");
    s.history.best_epoch = j.at("best_epoch");
    s.waited = j.at("waited");
    s.seconds_before = j.at("seconds");
    s.schedule.restore({j.at("schedule").at(0), j.at("schedule").at(1), j.at("schedule").at(2)});
    default_rng() = Rng::restore(j.at("rng"));
    s.begun = true;
    s.history.rows.clear();
    for (const auto& row : j.at("rows")) s.history.rows.push_back(row_from_json(row));
    s.history.ending = Ending::all_epochs;
    s.running = j.at("ending").is_null();
    if (!s.running) s.history.ending = static_cast<Ending>(from_zero_to(most_endings, j, "ending"));
  } catch (const nlohmann::json::exception& error) {
    fail<InputError>("resume: the checkpoint is damaged: {}", error.what());
  }
}

}  // namespace relume::training
