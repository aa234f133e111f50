// What TensorBoard shows of a run.
#pragma once

#include <filesystem>
#include <memory>

#include "relume/train/job.h"
#include "relume/train/run_report.h"
#include "relume/train/trainer.h"

namespace relume::app {

/// Writes an event file into the run's folder while it goes on: curves, the spread of weights, gradients and
/// activations, findings, settings, images that are taken for others. A file that cannot be written is told of once,
/// and nothing more. Does nothing in a build without protobuf.
class RunEvents {
 public:
  RunEvents(const std::filesystem::path& folder, const training::Job& job, const TrainOptions& options);
  ~RunEvents();
  RunEvents(const RunEvents&) = delete;
  RunEvents& operator=(const RunEvents&) = delete;

  void write(const training::EpochRow& row);
  void write(const health::Finding& finding);
  void write_cure(const std::string& cure);
  void end(const training::Run& result);

 private:
  struct State;
  template <class Work>
  void attempt(const Work& work);

  std::unique_ptr<State> state_;
};

}  // namespace relume::app
