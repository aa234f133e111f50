// The folder of a training run.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "apps/relume/result.h"
#include "relume/io/checkpoint.h"
#include "relume/train/trainer.h"

namespace relume::app {

/// model.safetensors (best), last.safetensors, checkpoint/, metrics.csv, report.json, report.html. Each of these
/// appears whole or not at all.
class RunFolder {
 public:
  /// A new folder: `out`, or the first free of runs/NAME, runs/NAME-2, … after the data's name. Throws InputError where
  /// `out` holds a run already or cannot be written to.
  static RunFolder create(const std::string& out, const std::string& data);
  /// The folder of a run to go on with.
  static RunFolder open(const std::string& folder);

  /// What the report of the run in this folder shows.
  static plot::ReportData open_report(const std::string& folder);

  const std::filesystem::path& path() const { return path_; }
  io::Checkpoint load_checkpoint() const;
  void save_checkpoint(const training::Trainer& trainer);
  /// The same, but not more often than every ten seconds: a sync costs more than many an epoch.
  void save_checkpoint_at_times(const training::Trainer& trainer);
  /// Writes everything that a finished run leaves, and sets the result's paths.
  void write(const io::Model& model, const training::Trainer& trainer, Result& result);

 private:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path checkpoint_path() const { return path_ / "checkpoint" / "checkpoint.safetensors"; }
  void write_metrics(const training::History& history, data::Task task) const;

  std::filesystem::path path_;
  std::chrono::steady_clock::time_point saved_ = std::chrono::steady_clock::now();
};

}  // namespace relume::app
