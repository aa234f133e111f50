// What TensorBoard shows of a run.
#pragma once

#include <filesystem>
#include <memory>

#include "relume/train/trainer.h"

namespace relume::app {

/// Writes an event file into the run's folder while it goes on: curves, the spread of weights and gradients, findings,
/// settings. Does nothing in a build without protobuf.
class RunEvents {
 public:
  RunEvents(const std::filesystem::path& folder, const io::Model& model, const train::Options& options);
  ~RunEvents();
  RunEvents(const RunEvents&) = delete;
  RunEvents& operator=(const RunEvents&) = delete;

  void write(const train::EpochRow& row);
  void write(const health::Finding& finding);
  void write_cure(const std::string& cure);
  void end(const train::History& history);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace relume::app
