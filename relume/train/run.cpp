#include "relume/train/run.h"

#include <optional>

#include <fmt/format.h>

#include "relume/base/require.h"
#include "relume/io/json_text.h"
#include "relume/train/option_table.h"
#include "relume/train/run_folder.h"
#include "relume/train/run_report.h"

namespace relume::training {
namespace {

using io::json_text;
using io::JsonObject;

std::string text_of_columns(const io::Model& model) {
  std::vector<std::string> used;
  JsonObject left_out;
  if (model.preprocessor) {
    for (const auto& column : model.preprocessor->used()) used.push_back(column.name);
    for (const auto& column : model.preprocessor->left_out()) left_out.add(column.name, column.reason);
  }
  return JsonObject().add_json("used", json_text(used)).add_json("left_out", left_out.text()).text();
}

std::string text_of_target(const io::Model& model) {
  if (!model.preprocessor) return "null";
  const data::Target& target = model.preprocessor->target();
  return JsonObject().add("column", target.column()).add("kind", data::name(target.kind())).text();
}

/// What a run needs while it goes on.
class Runner {
 public:
  Runner(Job job, const Options& options, const Keep& keep, const Callbacks& callbacks)
      : job_(std::move(job)), trainer_(job_.model, job_.dataset, job_.split, options), keep_(keep) {
    trainer_.look_at(job_.facts);
    require<InputError>(keep.out.empty() || keep.resume.empty(),
                        "train: out is for a new run, and resume goes on in its own folder; give one of them");
    if (!keep.resume.empty()) {
      folder_.emplace(RunFolder::open(keep.resume));
      trainer_.restore(folder_->load_checkpoint(job_.notes));
    } else if (!keep.out.empty()) {
      folder_.emplace(RunFolder::create(keep.out));
    } else if (!keep.data.empty()) {
      folder_.emplace(RunFolder::create_for(keep.data));
    }
    trainer_.on_progress = callbacks.on_step;
    trainer_.on_epoch = callbacks.on_epoch;
    trainer_.on_finding = callbacks.on_finding;
    trainer_.on_cure = callbacks.on_cure;
    trainer_.stop = callbacks.stop;
    if (folder_) {
      folder_->checkpoint_every = keep.checkpoint_every;
      trainer_.on_progress = [this, tell = callbacks.on_step](const Progress& progress) {
        if (tell) tell(progress);
        folder_->after_step(trainer_);
      };
      trainer_.on_checkpoint = [this] { folder_->after_epoch(trainer_); };
    }
    if (callbacks.on_begin)
      callbacks.on_begin({job_, trainer_.options(), folder_ ? folder_->path() : std::filesystem::path()});
  }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  Run run() {
    History history = trainer_.run();
    if (folder_) folder_->save_checkpoint(trainer_);
    Run result = measure(job_, trainer_, std::move(history));
    result.model.network->eval();
    result.command = keep_.command;
    if (folder_) {
      result.folder = folder_->path();
      folder_->write(trainer_, result, keep_.voice);
    }
    return result;
  }

 private:
  Job job_;
  Trainer trainer_;
  const Keep& keep_;
  std::optional<RunFolder> folder_;
};

}  // namespace

const Metrics& PartMetrics::get() const {
  require(metrics_.has_value(),
          "train: the run has no {0} rows to measure; keep some apart with {0} = 0.2, or name a file of them", part_);
  return *metrics_;
}

std::string to_json(const Metrics& metrics, data::Task task) {
  JsonObject object;
  for (const auto& [name, value] : values(metrics, task)) object.add(name, value);
  return object.text();
}

std::string to_json(const std::vector<health::Finding>& findings, health::Voice voice) {
  std::string list;
  for (const health::Finding& f : findings) {
    JsonObject object, evidence;
    for (const auto& [key, value] : f.evidence) evidence.add(key, value);
    object.add("rule", f.rule).add("severity", health::name(f.severity)).add("layer", f.layer);
    object.add_json("units", fmt::format("[{}]", fmt::join(f.units, ","))).add_count("step", f.step);
    object.add_json("evidence", evidence.text()).add("cause", f.cause);
    list += (list.empty() ? "" : ",") + object.add("remedy", health::to_string(f.remedy, voice)).text();
  }
  return "[" + list + "]";
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
  object.add_count("dropped_rows", dropped_rows).add_json("notes", json_text(notes));
  object.add_json("findings", to_json(history.findings, voice)).add_json("cures", json_text(history.cures));
  return object.text();
}

std::string Run::report(health::Voice voice) const { return plot::report_html(to_report(*this, voice)); }

void Run::save_report(const std::filesystem::path& path) const { plot::write_report(path, to_report(*this)); }

plot::Chart Run::chart() const {
  std::vector<double> epochs, train_losses, valid_losses;
  for (const EpochRow& row : history.rows) {
    epochs.push_back(static_cast<double>(row.epoch));
    train_losses.push_back(row.train_loss);
    if (row.valid.rows > 0) valid_losses.push_back(row.valid.loss);
  }
  plot::Chart chart(source);
  chart.line(epochs, std::move(train_losses), "train").x_label("epoch").y_label("loss");
  if (valid_losses.size() == epochs.size()) chart.line(epochs, std::move(valid_losses), "valid");
  return chart.logarithmic_y_if_wide();
}

Run run(Job job, const TrainOptions& options, const Keep& keep, const Callbacks& callbacks) {
  return Runner(std::move(job), options, keep, callbacks).run();
}

}  // namespace relume::training
