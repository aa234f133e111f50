// Private. The folder of a training run.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "relume/io/checkpoint.h"
#include "relume/train/run.h"
#include "relume/train/trainer.h"

namespace relume::training {

/// model.safetensors (best), last.safetensors, checkpoint/, metrics.csv, report.json, report.html. Each of these
/// appears whole or not at all.
class RunFolder {
 public:
  /// A new folder. Throws InputError where it holds a run already or cannot be written to.
  static RunFolder create(const std::filesystem::path& path);
  /// The folder of a run to go on with.
  static RunFolder open(const std::filesystem::path& folder);

  const std::filesystem::path& path() const { return path_; }
  /// The last one that is whole; where that is the one before the last, `notes` gets a sentence about it.
  io::Checkpoint load_checkpoint(std::vector<std::string>& notes) const;
  /// Keeps the one before it as well.
  void save_checkpoint(const Trainer& trainer);
  /// The same, but not more often than every ten seconds: a sync costs more than many an epoch.
  void save_checkpoint_at_times(const Trainer& trainer);
  /// Writes everything that a finished run leaves, remedies in that voice.
  void write(const Trainer& trainer, const Run& run, health::Voice voice);

 private:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path checkpoint_path() const { return path_ / "checkpoint" / "checkpoint.safetensors"; }
  std::filesystem::path previous_path() const { return path_ / "checkpoint" / "previous.safetensors"; }

  std::filesystem::path path_;
  std::chrono::steady_clock::time_point saved_ = std::chrono::steady_clock::now();
};

}  // namespace relume::training
