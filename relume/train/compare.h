// Public. Which activation suits some data: the same training with each, over several seeds.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "relume/plot/chart.h"
#include "relume/train/job.h"
#include "relume/train/options.h"
#include "relume/train/paired_test.h"

namespace relume::training {

struct CompareOptions {
  TrainOptions train = {};                    ///< the activation and the seed are set for each run
  std::vector<std::string> activations = {};  ///< two or more
  std::int64_t seeds = 5;                     ///< runs with the options' seed, the next one, …
};

/// One training.
struct ComparedRun {
  std::string activation;
  std::uint64_t seed = 0;
  double metric = 0;  ///< accuracy or rmse, of the best weights
  double loss = 0;
  double seconds_per_epoch = 0;
  std::int64_t epochs = 0;
  std::int64_t best_epoch = 0;
  double dead_share = 0;                ///< of the ReLU-like units, best weights
  double sparsity = 0;                  ///< share of zeros among the outputs of the activation layers
  std::vector<double> loss_curve = {};  ///< validation loss of each epoch, training loss where there is none
};

/// What is known of two variants' difference.
struct ComparedPair {
  std::size_t a = 0, b = 0;  ///< places among Comparison::activations
  double difference = 0;     ///< mean of a's metric less b's
  double p = 1;              ///< of the paired t-test, after Holm's correction for the number of pairs
};

struct Comparison {
  data::Task task = data::Task::classification;
  std::string measured_on;  ///< "test set", "validation set" or "training rows"
  std::vector<std::string> activations;
  std::vector<ComparedRun> runs;  ///< by activation, then by seed
  std::vector<ComparedPair> pairs;
  std::size_t best = 0;                ///< the activation with the best mean
  std::vector<std::size_t> not_worse;  ///< the others that are not shown to be worse than it: none, and it has won
  double seconds = 0;                  ///< of all runs together, side by side

  /// One measurement of each of a variant's runs.
  std::vector<double> values(std::size_t activation, double ComparedRun::*member) const;
  /// The mean of these.
  double mean(std::size_t activation, double ComparedRun::*member) const;
  double mean_best_epoch(std::size_t activation) const;
  /// What the measurements allow to say: "relu is best: …".
  std::string recommendation() const;
  /// A row for each run.
  std::string csv() const;
  /// The object that `relume compare --json` prints.
  std::string json() const;
  /// The mean of each variant's loss curves, as far as all of its runs went.
  plot::Chart chart() const;
};

/// Trains every activation with every seed and judges it by the test rows, a fifth of the data where it has none of its
/// own and the job asks for none: the same split, order of rows and random numbers for the weights. Runs go
/// side by side, one thread each. `on_run` is called under a lock as runs end; `stop` ends them early where it becomes
/// true, and then Error is thrown. Throws ValueError for fewer than two activations or no seed, and as make_job does.
Comparison compare(const data::Source& source, const CompareOptions& options,
                   const std::function<void(const ComparedRun&)>& on_run = {}, const std::atomic<bool>* stop = nullptr);

}  // namespace relume::training
