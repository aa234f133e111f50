#include "relume/train/run.h"

#include <memory>

#include <nlohmann/json.hpp>

#include "relume/base/require.h"
#include "relume/train/run_folder.h"
#include "relume/train/run_report.h"

namespace relume::training {
namespace {

using nlohmann::json;

std::string dumped(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

/// An object whose members stay in the order in which they are added, as nlohmann::json's do not.
class Object {
 public:
  Object& add(std::string_view name, const json& value) { return add_text(name, dumped(value)); }
  /// A member that is JSON already.
  Object& add_text(std::string_view name, const std::string& value) {
    text_ += fmt::format("{}\"{}\":{}", text_.empty() ? "" : ",", name, value);
    return *this;
  }
  std::string text() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

std::string text_of_columns(const io::Model& model) {
  json used = json::array(), left_out = json::object();
  if (model.preprocessor) {
    for (const auto& column : model.preprocessor->used()) used.push_back(column.name);
    for (const auto& column : model.preprocessor->left_out()) left_out[column.name] = column.reason;
  }
  return Object().add("used", used).add("left_out", left_out).text();
}

std::string text_of_target(const io::Model& model) {
  if (!model.preprocessor) return "null";
  const data::Target& target = model.preprocessor->target();
  return Object()
      .add("column", target.column())
      .add("kind", target.kind() == data::ColumnKind::text ? "text" : "number")
      .text();
}

/// What a run needs while it goes on.
class Runner {
 public:
  Runner(Job job, const Options& options, const Keep& keep, const Callbacks& callbacks)
      : job_(std::move(job)), trainer_(job_.model, job_.dataset, job_.split, options), keep_(keep) {
    trainer_.look_at(job_.facts);
    if (!keep.resume.empty()) {
      folder_ = std::make_unique<RunFolder>(RunFolder::open(keep.resume));
      trainer_.restore(folder_->load_checkpoint());
    } else if (!keep.out.empty()) {
      folder_ = std::make_unique<RunFolder>(RunFolder::create(keep.out));
    }
    trainer_.on_progress = callbacks.on_step;
    trainer_.on_epoch = callbacks.on_epoch;
    trainer_.on_finding = callbacks.on_finding;
    trainer_.on_cure = callbacks.on_cure;
    trainer_.stop = callbacks.stop;
    if (folder_) trainer_.on_checkpoint = [this] { folder_->save_checkpoint_at_times(trainer_); };
    if (callbacks.on_begin) callbacks.on_begin({job_, trainer_.options(), folder_ ? folder_->path() : std::filesystem::path()});
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
  std::unique_ptr<RunFolder> folder_;
};

}  // namespace

const Metrics& PartMetrics::get() const {
  require(metrics_.has_value(),
          "train: the run has no {0} rows to measure; keep some apart with {0} = 0.2, or name a file of them", part_);
  return *metrics_;
}

std::string to_json(const Metrics& metrics, data::Task task) {
  Object object;
  for (const auto& [name, value] : values(metrics, task)) object.add(name, value);
  return object.text();
}

std::string to_json(const std::vector<health::Finding>& findings, health::Voice voice) {
  std::string list;
  for (const health::Finding& f : findings) {
    Object evidence;
    for (const auto& [key, value] : f.evidence) evidence.add(key, value);
    list += (list.empty() ? "" : ",") + Object()
                                            .add("rule", f.rule)
                                            .add("severity", health::name(f.severity))
                                            .add("layer", f.layer)
                                            .add("units", f.units)
                                            .add("step", f.step)
                                            .add_text("evidence", evidence.text())
                                            .add("cause", f.cause)
                                            .add("remedy", health::to_string(f.remedy, voice))
                                            .text();
  }
  return "[" + list + "]";
}

std::string Run::json(health::Voice voice) const {
  const auto part = [&](const PartMetrics& m) { return m ? to_json(*m, model.task) : std::string("null"); };
  const kernels::MatmulPrecision precision =
      kernels::has_bf16_matmul() ? options.precision : kernels::MatmulPrecision::highest;
  return Object()
      .add("task", data::name(model.task))
      .add("metric", main_metric(model.task))
      .add_text("train", to_json(train, model.task))
      .add_text("valid", part(valid))
      .add_text("test", part(test))
      .add("epochs", history.rows.size())
      .add("best_epoch", history.best_epoch)
      .add("ending", to_text(history.ending))
      .add("seconds", history.seconds)
      .add("seed", options.seed)
      .add("precision", name(precision))
      .add("model", folder.empty() ? "" : (folder / "model.safetensors").string())
      .add("run", folder.string())
      .add_text("target", text_of_target(model))
      .add_text("columns", text_of_columns(model))
      .add("dropped_rows", dropped_rows)
      .add("notes", notes)
      .add_text("findings", to_json(history.findings, voice))
      .add("cures", history.cures)
      .text();
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

Run run(const data::Source& source, const JobOptions& job, const Options& options, const Keep& keep,
        const Callbacks& callbacks) {
  return Runner(make_job(source, job), options, keep, callbacks).run();
}

Run run(const JobOptions& job, const Options& options, const Keep& keep, const Callbacks& callbacks) {
  return Runner(make_job(job), options, keep, callbacks).run();
}

}  // namespace relume::training
