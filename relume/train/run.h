// Public. A run from data to a trained model, with all that is known of it.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "relume/data/open.h"
#include "relume/health/finding.h"
#include "relume/io/model.h"
#include "relume/plot/chart.h"
#include "relume/train/held_out.h"
#include "relume/train/job.h"
#include "relume/train/metrics.h"
#include "relume/train/options.h"
#include "relume/train/trainer.h"

namespace relume::training {

/// The metrics of rows that a run may not have. Used as an optional; where it is empty, -> and * throw ValueError that
/// says how to have such rows.
class PartMetrics {
 public:
  explicit PartMetrics(const char* part) : part_(part) {}
  PartMetrics& operator=(Metrics metrics) {
    metrics_ = std::move(metrics);
    return *this;
  }
  explicit operator bool() const { return metrics_.has_value(); }
  const Metrics& operator*() const { return get(); }
  const Metrics* operator->() const { return &get(); }

 private:
  const Metrics& get() const;

  const char* part_;
  std::optional<Metrics> metrics_;
};

/// A run that has ended: run.model.save("houses.safetensors"), run.test->rmse, run.save_report("report.html").
struct Run {
  io::Model model;  ///< with the best weights
  Options options;  ///< with what was chosen from the data
  History history;  ///< its epochs, findings and cures
  Metrics train;    ///< of the model on the rows that it was trained on
  PartMetrics valid{"valid"}, test{"test"};
  HeldOut held_out;                   ///< of the test rows; where there are none, of the validation rows, or of all
  std::string command;                ///< what repeats the run, where somebody said so
  std::string source;                 ///< the data's name
  std::int64_t dropped_rows = 0;      ///< rows without a target
  std::vector<std::string> notes;     ///< on how the data was read
  std::filesystem::path folder = {};  ///< where it left its files; empty where it left none

  /// What the rules of health have found, worst first.
  const std::vector<health::Finding>& findings() const { return history.findings; }
  /// The object that `relume train --json` prints, remedies in that voice; docs/json.md has its fields.
  std::string json(health::Voice voice = health::Voice::options) const;
  /// The report as a page. Runs the network over some rows again.
  std::string report(health::Voice voice = health::Voice::options) const;
  /// The same into a file, whole or not at all. Throws FileError.
  void save_report(const std::filesystem::path& path) const;
  /// The loss in the course of the epochs.
  plot::Chart chart() const;
};

/// What a run keeps in a folder, which is its own while it goes on: model.safetensors (best), last.safetensors,
/// checkpoint/, metrics.csv, report.json, report.html.
struct Keep {
  std::string out = {};                          ///< a new folder; empty: nothing is written
  std::string resume = {};                       ///< the folder of a run that was stopped, to go on with
  std::string data = {};                         ///< without these two, a new folder of this data's name under runs/
  Interval checkpoint_every = {};                ///< see TrainOptions
  std::string command = {};                      ///< what repeats the run, for its report
  health::Voice voice = health::Voice::options;  ///< of the remedies in its report
};

/// A run before its first step.
struct Beginning {
  const Job& job;
  const Options& options;        ///< with what was chosen from the data
  std::filesystem::path folder;  ///< empty where nothing is kept
};

/// Who is told what while a run goes on. All may be empty. What they throw ends the run.
struct Callbacks {
  std::function<void(const Beginning&)> on_begin = {};
  std::function<void(const Progress&)> on_step = {};
  std::function<void(const EpochRow&)> on_epoch = {};
  std::function<void(const health::Finding&)> on_finding = {};  ///< when a rule first fires for a layer
  std::function<void(const std::string&)> on_cure = {};         ///< a line on what was done about one
  const std::atomic<bool>* stop = nullptr;  ///< ends the run after the present batch when it becomes true
};

/// Trains the network of a job. Throws as Trainer and the run's folder do.
Run run(Job job, const TrainOptions& options, const Keep& keep = {}, const Callbacks& callbacks = {});

/// Whether a run has left something in the folder.
bool holds_run(const std::filesystem::path& folder);

}  // namespace relume::training

namespace relume {
using training::Run;
}  // namespace relume
