// Private. The folder of a training run.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "relume/base/file_lock.h"
#include "relume/io/checkpoint.h"
#include "relume/train/run.h"
#include "relume/train/trainer.h"

namespace relume::training {

/// model.safetensors (best), last.safetensors, checkpoint/, metrics.csv, report.json, report.html. Each of these
/// appears whole or not at all. While there is one of these, no other program has the folder.
class RunFolder {
 public:
  /// A new folder. Throws InputError where it holds a run already or another one trains there, FileError where it
  /// cannot be written to.
  static RunFolder create(const std::filesystem::path& path);
  /// The first that is not there yet of runs/NAME, runs/NAME-2, …, of that data's name.
  static RunFolder create_for(const std::string& data);
  /// The folder of a run to go on with. Throws InputError where there is none, or another one trains there.
  static RunFolder open(const std::filesystem::path& folder);

  const std::filesystem::path& path() const { return path_; }
  /// The last one that is whole; where that is the one before the last, `notes` gets a sentence about it.
  io::Checkpoint load_checkpoint(std::vector<std::string>& notes) const;
  /// Keeps the one before it as well.
  void save_checkpoint(const Trainer& trainer);
  /// The same where it is time for it: see TrainOptions::checkpoint_every.
  void after_step(const Trainer& trainer);
  void after_epoch(const Trainer& trainer);
  /// Writes everything that a finished run leaves, remedies in that voice.
  void write(const Trainer& trainer, const Run& run, health::Voice voice);

  Interval checkpoint_every;

 private:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}
  void lock();
  void save_checkpoint_after(const Trainer& trainer, const Interval& usual);
  std::filesystem::path checkpoint_path() const { return path_ / "checkpoint" / "checkpoint.safetensors"; }
  std::filesystem::path previous_path() const { return path_ / "checkpoint" / "previous.safetensors"; }

  std::filesystem::path path_;
  FileLock lock_;
  std::chrono::steady_clock::time_point saved_ = std::chrono::steady_clock::now();
  std::int64_t steps_ = 0;  // since then
};

}  // namespace relume::training
