// Public. The report of a run, from what the run has left behind.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "relume/io/model.h"
#include "relume/plot/report.h"
#include "relume/train/held_out.h"
#include "relume/train/job.h"
#include "relume/train/trainer.h"

namespace relume::training {

/// A run that has ended, and how good its model is on each part of the data.
struct RunResult {
  const io::Model* model = nullptr;
  Options options;
  History history;
  Metrics train;
  std::optional<Metrics> valid, test;
  HeldOut held_out;                ///< of the test rows; where there are none, of the validation rows, or of all
  std::string command;             ///< what repeats the run
  std::string source;              ///< the data's name
  std::int64_t dropped_rows = 0;   ///< rows without a target
  std::vector<std::string> notes;  ///< on how the data was read
};

/// What `trainer` has made of the job, measured with the weights that it left. The job must outlive it; the command is
/// left to the caller.
RunResult measure(const Job& job, const Trainer& trainer, History history);

/// "all epochs", "stopped early", …
std::string_view to_text(Ending ending);

/// What plot::write_report() draws, remedies in that voice. Runs the network over some rows again.
plot::ReportData to_report(const RunResult& result, health::Voice voice = health::Voice::options);

}  // namespace relume::training
