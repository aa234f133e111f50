#include "relume/train/run.h"

#include <optional>

#include <fmt/format.h>

#include "relume/base/require.h"
#include "relume/train/option_table.h"
#include "relume/train/run_folder.h"
#include "relume/train/run_report.h"

namespace relume::training {
namespace {

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
