#include "apps/relume/lab_run.h"

#include <algorithm>
#include <cmath>

#include "relume/train/trainer.h"

namespace relume::app {

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

namespace {

LabRun run_once(const std::string& data, const TrainOptions& options, const LabChange& change) {
  training::Job job = training::make_job(data, options);
  if (change) change(*job.model.network);
  training::Trainer trainer(job.model, job.dataset, job.split, options);
  const training::History history = trainer.run();
  LabRun run;
  run.not_finite = history.ending == training::Ending::not_finite ? 1 : 0;
  if (!history.rows.empty() && run.finite()) {
    const training::EpochRow& last = history.rows.back();
    run.accuracy = last.valid.accuracy;
    run.loss = last.valid.loss;
    run.dead_share = last.dead_share;
  }
  return run;
}

}  // namespace

LabRun lab_median(const std::string& data, const TrainOptions& options, std::int64_t seeds, const LabChange& change) {
  std::vector<double> accuracy, loss, dead;
  LabRun result;
  for (std::int64_t s = 0; s < seeds; ++s) {
    TrainOptions one = options;
    one.seed += static_cast<std::uint64_t>(s);
    const LabRun run = run_once(data, one, change);
    result.not_finite += run.not_finite;
    if (!run.finite()) continue;
    accuracy.push_back(run.accuracy);
    loss.push_back(run.loss);
    dead.push_back(run.dead_share);
  }
  if (accuracy.empty()) return result;
  result.accuracy = median(accuracy);
  result.loss = median(loss);
  result.dead_share = median(dead);
  return result;
}

}  // namespace relume::app
