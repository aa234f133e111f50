// Public. The report of a run, from what the run has left behind.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "relume/plot/report.h"
#include "relume/train/run.h"

namespace relume::training {

/// What `trainer` has made of the job, measured with the weights that it left.
Run measure(const Job& job, const Trainer& trainer, History history);

/// "all epochs", "stopped early", …
std::string_view to_text(Ending ending);

/// What plot::write_report() draws, remedies in that voice. Runs the network over some rows again.
plot::ReportData to_report(const Run& run, health::Voice voice = health::Voice::options);

/// What the report of the run in this folder shows. Throws InputError where it holds none.
plot::ReportData open_report(const std::filesystem::path& folder);

/// As the objects of the JSON results have them: {"loss": …, "accuracy": …}, [{"rule": …}, …].
std::string to_json(const Metrics& metrics, data::Task task);
std::string to_json(const std::vector<health::Finding>& findings, health::Voice voice);

}  // namespace relume::training
