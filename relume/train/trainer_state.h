// Private. What a Trainer remembers between steps.
#pragma once

#include <chrono>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "relume/base/rng.h"
#include "relume/health/monitor.h"
#include "relume/optim/schedule.h"
#include "relume/train/activity_penalty.h"
#include "relume/train/objective.h"
#include "relume/train/pruning.h"
#include "relume/train/trainer.h"

namespace relume::training {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// Outside of the graph, with the prefix before their names.
NamedTensors copies(const NamedTensors& tensors, const std::string& prefix = "");

/// Where the random numbers of a run's dropout begin: a stream of their own, whatever the process drew before.
inline Rng first_rng(const Options& options) { return Rng(options.seed).fork(1); }

struct Trainer::State {
  State(data::Batches b, const optim::ScheduleOptions& schedule_options, Objective what)
      : batches(std::move(b)), schedule(schedule_options), objective(std::move(what)) {}

  data::Batches batches;
  optim::Schedule schedule;
  Objective objective;
  History history;
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  double seconds_before = 0;  // of the run that this one goes on with
  std::int64_t epoch = 0;     // finished ones
  std::int64_t next_batch = 0;
  double loss_sum = 0;  // of this epoch, each batch weighed by its rows
  std::int64_t loss_rows = 0;
  double norm_sum = 0;
  std::int64_t norm_count = 0;
  double best_score = std::numeric_limits<double>::infinity();
  double start_loss = std::numeric_limits<double>::infinity();  // where explosions are cured; else not measured
  std::int64_t waited = 0;                                      // epochs since the best
  NamedTensors best, last;
  std::unique_ptr<health::Monitor> monitor;
  std::unique_ptr<Pruning> pruning;          // where it is asked for
  std::unique_ptr<ActivityPenalty> penalty;  // within an epoch, where it is asked for
  bool exploding = false;                    // the rule has fired since the last step
  double lr_factor = 1;                      // what cures have made of the schedule's rate
  double clip_norm = 0;                      // and of the bound on the gradient
  std::int64_t recoveries = 0;
  std::vector<std::string> revived;  // layers, at the end of the epoch before
  std::set<std::string> told;        // findings that on_finding was called with, or would have been
  std::string layers_before;         // the architecture before any cure
  std::string data_fingerprint;      // made for the first checkpoint
  bool running = true;
  bool begun = false;  // the generator of dropout stands where this run left it
};

}  // namespace relume::training
